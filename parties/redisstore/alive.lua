-- Lists the replicas that live, each with the epoch of its state. Reads only.
-- KEYS: 1 beats, 2 epochs
-- ARGV: 1 after how many milliseconds of silence a replica counts as dead
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local out = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now - ARGV[1]), '+inf')) do
	out[#out + 1] = id
	out[#out + 1] = redis.call('HGET', KEYS[2], id) or '0'
end
return out
