-- Draws up to so many requests of a platform, by GCRA: the key holds the time at
-- which all that was drawn would have come in, at the rate, one by one.
-- KEYS: 1 that time, in microseconds by the clock of Redis.
-- ARGV: 1 microseconds between two requests, 2 how many may come at once, 3 how
-- many are wanted.
-- Returns how many were drawn, and if none, after how many microseconds there is
-- one.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local interval = tonumber(ARGV[1])
local busy = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local earliest = now + tonumber(ARGV[2]) * interval
local free = math.floor((earliest - busy) / interval)
if free < 1 then
  return {0, math.ceil(busy + interval - earliest)}
end
local drawn = math.min(free, tonumber(ARGV[3]))
busy = busy + drawn * interval
redis.call('SET', KEYS[1], string.format('%.0f', busy), 'PX', math.ceil((busy - now) / 1000) + 1000)
return {drawn, 0}
