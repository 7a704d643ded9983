-- Adds to rows. Times have a fixed width, so that they compare as texts.
-- KEYS: 1 the parties that have rows; 2 when parties were cleared; 3 what this
-- call has done, for when it is repeated; 4... the rows of a party.
-- ARGV: 1 how many rows a party may have; 2 milliseconds for which 3 is kept;
-- 3 the place of the findings that have no row; then for each row party, the
-- number of its key, place, count, first seen, last seen, example.
if redis.call('EXISTS', KEYS[3]) == 1 then
  return 1
end
local most, more = tonumber(ARGV[1]), ARGV[3]
for i = 4, #ARGV, 7 do
  local party, key, place, example = ARGV[i], KEYS[tonumber(ARGV[i + 1])], ARGV[i + 2], ARGV[i + 6]
  local cleared = redis.call('HGET', KEYS[2], party)
  if not cleared or ARGV[i + 5] >= cleared then
    if place ~= more and redis.call('HEXISTS', key, 'count' .. place) == 0 then
      local rows = redis.call('HLEN', key) / 4 - redis.call('HEXISTS', key, 'count' .. more)
      if rows >= most then
        place, example = more, '{}'
      end
    end
    redis.call('SADD', KEYS[1], party)
    redis.call('HINCRBY', key, 'count' .. place, ARGV[i + 3])
    local first, last = redis.call('HGET', key, 'first' .. place), redis.call('HGET', key, 'last' .. place)
    if not first or ARGV[i + 4] < first then
      redis.call('HSET', key, 'first' .. place, ARGV[i + 4])
    end
    if not last or ARGV[i + 5] >= last then
      redis.call('HSET', key, 'last' .. place, ARGV[i + 5], 'example' .. place, example)
    end
  end
end
redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
return 1
