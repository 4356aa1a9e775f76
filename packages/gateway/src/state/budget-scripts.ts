/** The steps of a budget in Redis. Amounts are decimal texts of up to 18 digits: a Lua number would lose some of them. */
import { script, type Script } from './redis-link.ts';

const common = `
local function free(lease, leases)
  local held = redis.call('HGETALL', lease)
  for i = 1, #held, 2 do
    if redis.call('EXISTS', held[i]) == 1 then redis.call('HINCRBY', held[i], 'used', '-' .. held[i + 1]) end
  end
  redis.call('DEL', lease)
  redis.call('ZREM', leases, lease)
end
local function above(a, b)
  if #a ~= #b then return #a > #b end
  return a > b
end
local function lives(account, until_ms)
  if until_ms ~= '' then redis.call('PEXPIREAT', account, until_ms) end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** KEYS: accounts, lease, leases. ARGV: milliseconds of the lease; then for each account amount, limit, when it may be forgotten. */
export const reserveScript: Script = script(`${common}
local lease, leases = KEYS[#KEYS - 1], KEYS[#KEYS]
for _, old in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, 100)) do free(old, leases) end
for i = 1, #KEYS - 2 do
  local amount, limit, gone = ARGV[i * 3 - 1], ARGV[i * 3], ARGV[i * 3 + 1]
  redis.call('HINCRBY', KEYS[i], 'used', amount)
  lives(KEYS[i], gone)
  if amount ~= '0' and above(redis.call('HGET', KEYS[i], 'used'), limit) then
    for back = 1, i do redis.call('HINCRBY', KEYS[back], 'used', '-' .. ARGV[back * 3 - 1]) end
    return { i, redis.call('HGET', KEYS[i], 'spent') or '0', redis.call('HGET', KEYS[i], 'used') }
  end
end
for i = 1, #KEYS - 2 do redis.call('HINCRBY', lease, KEYS[i], ARGV[i * 3 - 1]) end
redis.call('ZADD', leases, now + ARGV[1], lease)
return { 0, '0', '0' }
`);

/** KEYS: lease, leases, mark of this settlement, accounts. ARGV: for each account amount, end of its window, when it may be forgotten. */
export const settleScript: Script = script(`${common}
if redis.call('SET', KEYS[3], '1', 'NX', 'PX', 3600000) then
  free(KEYS[1], KEYS[2])
  for i = 4, #KEYS do
    local at = (i - 4) * 3
    local amount, closes, gone = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    if closes == '' or tonumber(closes) > now then
      redis.call('HINCRBY', KEYS[i], 'spent', amount)
      redis.call('HINCRBY', KEYS[i], 'used', amount)
      lives(KEYS[i], gone)
    end
  end
end
local balances = {}
for i = 4, #KEYS do
  table.insert(balances, redis.call('HGET', KEYS[i], 'spent') or '0')
  table.insert(balances, redis.call('HGET', KEYS[i], 'used') or '0')
end
return balances
`);

/** KEYS: lease, leases. */
export const releaseScript: Script = script(`${common}
free(KEYS[1], KEYS[2])
return 1
`);
