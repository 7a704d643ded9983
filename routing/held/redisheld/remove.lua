-- Drops pushes. KEYS: 1 the pushes, by number; 2 the number of changes.
-- ARGV: their numbers.
for i = 1, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
redis.call('INCR', KEYS[2])
return 1
