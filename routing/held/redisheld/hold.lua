-- Begins or ends the hold of a party, and closes its window.
-- KEYS: 1 the parties that are held; 2 the number of changes; 3 how many EVSEs
-- were listed when the window began, 4 those removed.
-- ARGV: 1 the party, 2 1 or 0.
if ARGV[2] == '1' then
  redis.call('SADD', KEYS[1], ARGV[1])
else
  redis.call('SREM', KEYS[1], ARGV[1])
end
redis.call('DEL', KEYS[3], KEYS[4])
redis.call('INCR', KEYS[2])
return 1
