-- Notes by which key tokens are sealed, unless that is known.
-- KEYS: 1 seal
-- ARGV: 1 the fingerprint of the caller's key
-- Returns the fingerprint that counts.
redis.call('SETNX', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])
