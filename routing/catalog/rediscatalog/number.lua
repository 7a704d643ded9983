-- Gives an owner a number, the one that it has if it has one.
-- KEYS: numbers by owners, owners by numbers. ARGV: the owner.
local number = redis.call('HGET', KEYS[1], ARGV[1])
if not number then
  number = tostring(redis.call('HLEN', KEYS[1]) + 1)
  redis.call('HSET', KEYS[1], ARGV[1], number)
  redis.call('HSET', KEYS[2], number, ARGV[1])
end
return tonumber(number)
