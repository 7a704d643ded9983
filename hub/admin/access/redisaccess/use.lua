-- Notes when tokens were last used. Times have a fixed width, so that they
-- compare as texts.
-- KEYS: 1 when tokens were used, by digest.
-- ARGV: digest and time, in turn.
for i = 1, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if known and known < ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 1
