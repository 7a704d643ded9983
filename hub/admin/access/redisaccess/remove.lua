-- Removes a token and raises the epoch; 0 when there is none of this name.
-- KEYS: 1 the tokens, by name; 2 when they were used, by digest; 3 the epoch;
-- 4 what this call has done, for when it is repeated.
-- ARGV: 1 name, 2 the length of a digest, 3 milliseconds for which 4 is kept.
if redis.call('EXISTS', KEYS[4]) == 1 then
  return 1
end
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], string.sub(record, 1, tonumber(ARGV[2])))
redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[3])
return 1
