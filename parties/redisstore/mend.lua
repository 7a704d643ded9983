-- Raises the epoch over one that a replica has seen of a history that Redis lost.
-- KEYS: 1 epoch, 2 write
-- ARGV: 1 the write that the caller read, 2 the epoch it had seen, 3 the id of
--       this write, 4 the channel
-- Returns the epoch.
local epoch = tonumber(redis.call('GET', KEYS[1]) or '0')
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then
	return epoch
end
epoch = math.max(epoch, tonumber(ARGV[2])) + 1
redis.call('SET', KEYS[1], string.format('%.0f', epoch))
redis.call('SET', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], string.format('%.0f', epoch))
return epoch
