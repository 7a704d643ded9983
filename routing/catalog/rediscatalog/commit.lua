-- Writes what was decided, if nothing that it was decided on has changed since.
-- Returns 1 when it is written, now or by an earlier run, else 0.
-- KEYS: all that is compared or written.
-- ARGV: the mark of this write; how many values are compared; of each the number
-- of its key, field, how many of its bytes count (0: all) and what they were (''
-- for absent); then the steps, each with the number of its key and three words.
local mark = ARGV[1]
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local now = redis.call('HGET', KEYS[tonumber(ARGV[at])], ARGV[at + 1]) or ''
  local count = tonumber(ARGV[at + 2])
  if count > 0 then
    now = now:sub(1, count)
  end
  if now:sub(-#mark) == mark then
    return 1
  end
  if now ~= ARGV[at + 3] then
    return 0
  end
  at = at + 4
end

local steps = {
  set = function(key, field, value) redis.call('HSET', key, field, value) end,
  del = function(key, field) redis.call('HDEL', key, field) end,
  add = function(key, member) redis.call('ZADD', key, 0, member) end,
  rem = function(key, member) redis.call('ZREM', key, member) end,
}

-- one replaces the one member of an ordered set that lies between two bounds.
function steps.one(key, from, to, member)
  local old = redis.call('ZRANGEBYLEX', key, from, to, 'LIMIT', 0, 1)[1]
  if old == member then
    return
  end
  if old then
    redis.call('ZREM', key, old)
  end
  if member ~= '' then
    redis.call('ZADD', key, 0, member)
  end
end

while at < #ARGV do
  steps[ARGV[at]](KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  at = at + 5
end
return 1
