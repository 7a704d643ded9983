-- Drops the marks of a platform. KEYS: 1 the marks of the platform.
return redis.call('DEL', KEYS[1])
