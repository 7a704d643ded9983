-- Gives a name back, if the claim still has it.
-- KEYS: 1 locks
-- ARGV: 1 the name, 2 the id of the claim
local held = redis.call('HGET', KEYS[1], ARGV[1])
if held and cjson.decode(held).claim == ARGV[2] then
	return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
