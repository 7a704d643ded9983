-- Writes rhythms and alerts, and drops alerts.
-- KEYS: 1 the rhythms, by party and module; 2 the alerts, by id.
-- ARGV: 1 how many rhythms and 2 how many alerts there are; then name and record
-- of each, the rhythms first; then the ids of alerts to drop.
local at = 3
for key = 1, 2 do
  for _ = 1, tonumber(ARGV[key]) do
    redis.call('HSET', KEYS[key], ARGV[at], ARGV[at + 1])
    at = at + 2
  end
end
for i = at, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return 1
