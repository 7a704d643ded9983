-- Drops the rejections of a platform.
-- KEYS: 1 the platforms that have any, 2 the rejections of the platform.
-- ARGV: 1 the platform.
redis.call('DEL', KEYS[2])
redis.call('SREM', KEYS[1], ARGV[1])
return 1
