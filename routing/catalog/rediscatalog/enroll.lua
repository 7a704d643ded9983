-- Notes shelves and owners; what is there already stays.
-- KEYS: shelves, owners. ARGV: in turns a shelf and an owner.
for i = 1, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], 0, ARGV[i])
  redis.call('ZADD', KEYS[2], 0, ARGV[i + 1])
end
return 1
