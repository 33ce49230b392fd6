-- What the buying scripts share. Environment: BENCH_KEY, BENCH_VARIANTS (a file, one id a line),
-- BENCH_GATEWAY, BENCH_LINES, BENCH_ONLY (one variant for everybody).
local buying = {}

local address = '{"name":"Ada Example","line1":"1 Main Street","city":"New York","region":"NY",'
  .. '"postal_code":"10001","country":"US"}'
buying.address = address

local variants = {}
for id in io.lines(os.getenv("BENCH_VARIANTS")) do variants[#variants + 1] = id end
local only = os.getenv("BENCH_ONLY")
local gateway = os.getenv("BENCH_GATEWAY") or "invoice"
buying.lines = tonumber(os.getenv("BENCH_LINES") or "2")
buying.payment = gateway == "sandbox"
  and '{"gateway":"sandbox","instrument":{"token":"tok_webhooks_lost"},"return_url":"http://127.0.0.1/"}'
  or '{"gateway":"' .. gateway .. '"}'

local prefix, count = "", 0

-- Each thread has a Lua state of its own: keys must differ between them, and between runs.
function buying.start()
  local random = io.open("/dev/urandom", "rb")
  local bytes = { random:read(8):byte(1, 8) }
  random:close()
  local seed = 0
  for _, byte in ipairs(bytes) do
    prefix = prefix .. string.format("%02x", byte)
    seed = (seed * 31 + byte) % 2147483647
  end
  math.randomseed(seed)
end

function buying.headers()
  count = count + 1
  return {
    ["Content-Type"] = "application/json",
    ["X-Publishable-Key"] = os.getenv("BENCH_KEY"),
    ["Idempotency-Key"] = prefix .. "-" .. count,
  }
end

function buying.variant()
  return only or variants[math.random(#variants)]
end

return buying
