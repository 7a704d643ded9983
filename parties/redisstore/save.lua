-- Writes platforms and agreements: all of them or nothing.
-- KEYS: 1 epoch, 2 write, 3 done, 4 platforms, 5 revisions, 6 held, 7 claims,
--       8 agreements, 9... the agreements in force of each pair of parties
-- ARGV: 1 the order, as JSON (order.go)
-- Returns {'OK', epoch}, {'CONFLICT'}, {'CLAIMED', claim, holder} or {'CLASH', record}.
local order = cjson.decode(ARGV[1])

-- The answer of this very write was lost: it is given again.
local done = redis.call('GET', KEYS[3])
if done then
	return {'OK', done}
end
if order.epoch ~= '' and order.epoch ~= (redis.call('GET', KEYS[1]) or '0') then
	return {'CONFLICT'}
end

local revisions = {}
local function unchanged(list)
	for _, one in ipairs(list) do
		local stored = revisions[one.key] or redis.call('HGET', KEYS[5], one.key) or '0'
		if stored ~= one.revision then
			return false
		end
		revisions[one.key] = one.next
	end
	return true
end
if not unchanged(order.platforms) or not unchanged(order.agreements) then
	return {'CONFLICT'}
end

-- Who holds a party in a role: by for whom the connection is, '' for all. It is
-- stored as the platform's id where it is for all, else as JSON.
local holders = {}
local function holdersOf(claim)
	if not holders[claim] then
		local stored = redis.call('HGET', KEYS[7], claim)
		if stored and stored:sub(1, 1) == '{' then
			holders[claim] = cjson.decode(stored)
		else
			holders[claim] = {[''] = stored or nil}
		end
	end
	return holders[claim]
end
local function split(hold) -- ROLE:CC*PID, or ROLE:CC*PID>CC*PID
	local at = hold:find('>', 1, true)
	if at then
		return hold:sub(1, at - 1), hold:sub(at + 1)
	end
	return hold, ''
end

-- What the platforms held is free before any of them claims.
for _, p in ipairs(order.platforms) do
	local held = redis.call('HGET', KEYS[6], p.id)
	for _, hold in ipairs(held and cjson.decode(held) or {}) do
		local claim, as = split(hold)
		if holdersOf(claim)[as] == p.id then
			holdersOf(claim)[as] = nil
		end
	end
end
for _, p in ipairs(order.platforms) do
	for _, hold in ipairs(p.held) do
		local claim, as = split(hold)
		for other, holder in pairs(holdersOf(claim)) do
			if holder ~= p.id and (as == '' or other == '' or as == other) then
				return {'CLAIMED', hold, holder}
			end
		end
		holdersOf(claim)[as] = p.id
	end
end

-- spans holds from when to when the agreements of a pair hold, as two numbers of
-- fixed width; those that do not stand are not in it.
local spans, records = {}, {}
for _, a in ipairs(order.agreements) do
	if not spans[a.pair] then
		local span, flat = {}, redis.call('HGETALL', KEYS[a.pair])
		for i = 1, #flat, 2 do
			span[flat[i]] = flat[i + 1]
		end
		spans[a.pair] = span
	end
	spans[a.pair][a.key] = a.span ~= '' and a.span or nil
	records[a.key] = a.record
end
local width = 21
local function clash(one, other)
	return one:sub(1, width) < other:sub(width + 1) and other:sub(1, width) < one:sub(width + 1)
end
for _, a in ipairs(order.agreements) do
	if a.span ~= '' then
		for key, span in pairs(spans[a.pair]) do
			if key ~= a.key and clash(a.span, span) then
				return {'CLASH', records[key] or redis.call('HGET', KEYS[8], key)}
			end
		end
	end
end

for claim, by in pairs(holders) do
	if not next(by) then
		redis.call('HDEL', KEYS[7], claim)
	else
		redis.call('HSET', KEYS[7], claim, by[''] or cjson.encode(by))
	end
end
for _, p in ipairs(order.platforms) do
	redis.call('HSET', KEYS[4], p.id, p.record)
	redis.call('HSET', KEYS[6], p.id, cjson.encode(p.held))
end
for _, a in ipairs(order.agreements) do
	redis.call('HSET', KEYS[8], a.key, a.record)
	if a.span ~= '' then
		redis.call('HSET', KEYS[a.pair], a.key, a.span)
	else
		redis.call('HDEL', KEYS[a.pair], a.key)
	end
end
for key, revision in pairs(revisions) do
	redis.call('HSET', KEYS[5], key, revision)
end
local epoch = redis.call('INCR', KEYS[1])
redis.call('SET', KEYS[2], order.nonce)
redis.call('SET', KEYS[3], epoch, 'EX', 60)
redis.call('PUBLISH', order.channel, epoch)
return {'OK', tostring(epoch)}
