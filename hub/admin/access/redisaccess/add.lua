-- Adds a token and raises the epoch; 0 when its name is taken.
-- KEYS: 1 the tokens, by name; 2 when they were used, by digest; 3 the epoch;
-- 4 what this call has done, for when it is repeated.
-- ARGV: 1 name, 2 record, 3 digest, 4 milliseconds for which 4 is kept.
if redis.call('EXISTS', KEYS[4]) == 1 then
  return 1
end
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[3] .. ARGV[2]) == 0 then
  return 0
end
redis.call('HSET', KEYS[2], ARGV[3], '')
redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[4], '1', 'PX', ARGV[4])
return 1
