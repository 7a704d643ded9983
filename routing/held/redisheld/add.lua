-- Keeps a push behind all others in place of those that it replaces, and returns
-- its number.
-- KEYS: 1 the pushes, by number; 2 the last number; 3 the number of changes;
-- 4 what this call has done, for when it is repeated.
-- ARGV: 1 record, 2 milliseconds for which 4 is kept, 3... the numbers of those
-- that it replaces.
local done = redis.call('GET', KEYS[4])
if done then
  return tonumber(done)
end
for i = 3, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
local id = redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], id, ARGV[1])
redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[4], id, 'PX', ARGV[2])
return id
