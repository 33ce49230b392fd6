-- POST /v1/purchases: a whole purchase in one call.
local buying = dofile(os.getenv("BENCH_LUA") .. "/buying.lua")

function init() buying.start() end

function request()
  local lines = {}
  for n = 1, buying.lines do
    lines[n] = '{"variant_id":"' .. buying.variant() .. '","quantity":1}'
  end
  local body = '{"lines":[' .. table.concat(lines, ",") .. '],"email":"ada@example.com",'
    .. '"shipping_address":' .. buying.address .. ',"shipping_method":"flat","payment":'
    .. buying.payment .. "}"
  return wrk.format("POST", "/v1/purchases", buying.headers(), body)
end

dofile(os.getenv("BENCH_LUA") .. "/telling.lua")
