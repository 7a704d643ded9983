-- Notes removals in the window of a party.
-- KEYS: 1 how many EVSEs were listed when the window began, 2 those removed.
-- ARGV: 1 how many are listed, negative when they were not counted; 2 the length
-- of a window, in milliseconds; 3... ids.
-- Returns whether a window is open, how many were listed, how many are removed.
local left = redis.call('PTTL', KEYS[1])
if left <= 0 then
  if tonumber(ARGV[1]) < 0 then
    return {0, 0, 0}
  end
  left = tonumber(ARGV[2])
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], ARGV[1], 'PX', left)
end
for i = 3, #ARGV do
  redis.call('SADD', KEYS[2], ARGV[i])
end
redis.call('PEXPIRE', KEYS[2], left)
return {1, tonumber(redis.call('GET', KEYS[1])), redis.call('SCARD', KEYS[2])}
