-- Writes what the others were told of members.
-- KEYS: 1 told
-- ARGV: a member and what was told of it, in turn
for i = 1, #ARGV, 2 do
	redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return #ARGV / 2
