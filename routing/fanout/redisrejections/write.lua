-- Keeps rejections and drops others.
-- KEYS: 1 the platforms that have any; 2... the rejections of a platform, by id.
-- ARGV: 1 how many are kept; then for each of these platform, the number of its
-- key, id and record, and for each that is dropped platform, number and id.
local at = 2
for _ = 1, tonumber(ARGV[1]) do
  redis.call('HSET', KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3])
  redis.call('SADD', KEYS[1], ARGV[at])
  at = at + 4
end
while at <= #ARGV do
  local key = KEYS[tonumber(ARGV[at + 1])]
  redis.call('HDEL', key, ARGV[at + 2])
  if redis.call('EXISTS', key) == 0 then
    redis.call('SREM', KEYS[1], ARGV[at])
  end
  at = at + 3
end
return 1
