-- Takes a name for one replica, unless another that lives has it.
-- KEYS: 1 locks, 2 beats
-- ARGV: 1 the name, 2 the replica, 3 the id of the claim, 4 after how many
--       milliseconds of silence a replica counts as dead, 5 how many a claim lasts
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held then
	local lock = cjson.decode(held)
	local beat = redis.call('ZSCORE', KEYS[2], lock.replica)
	if lock.claim ~= ARGV[3] and beat and now - beat < tonumber(ARGV[4]) and now < lock.ends then
		return 0
	end
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({replica = ARGV[2], claim = ARGV[3], ends = now + ARGV[5]}))
return 1
