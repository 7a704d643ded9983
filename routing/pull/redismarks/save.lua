-- Writes the mark of one list of a platform.
-- KEYS: 1 the marks of the platform. ARGV: 1 the list, 2 the mark.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
