-- A whole purchase through the separate calls. One connection a thread (-t32 -c32), so that the
-- answer that comes is the one of the call just made.
local buying = dofile(os.getenv("BENCH_LUA") .. "/buying.lua")
local step, cart, total = 1, nil, nil
local steps = {
  { "POST", function() return "/v1/carts" end, function() return '{"email":"ada@example.com"}' end },
  { "POST", function() return "/v1/carts/" .. cart .. "/lines" end,
    function() return '{"variant_id":"' .. buying.variant() .. '","quantity":1}' end },
  { "POST", function() return "/v1/carts/" .. cart .. "/lines" end,
    function() return '{"variant_id":"' .. buying.variant() .. '","quantity":1}' end },
  { "PATCH", function() return "/v1/carts/" .. cart end,
    function()
      return '{"shipping_address":' .. buying.address .. ',"billing_address":' .. buying.address .. "}"
    end },
  { "PUT", function() return "/v1/carts/" .. cart .. "/shipping-method" end,
    function() return '{"shipping_method":"flat"}' end },
  { "POST", function() return "/v1/carts/" .. cart .. "/place" end,
    function() return '{"expected_total":' .. total .. ',"payment":' .. buying.payment .. "}" end },
}
placed = 0

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() buying.start() end

function request()
  local call = steps[step]
  return wrk.format(call[1], call[2](), buying.headers(), call[3]())
end

function response(status, headers, body)
  if status >= 300 then
    step = 1
  elseif step == #steps then
    placed = placed + 1
    step = 1
  else
    cart = cart and step > 1 and cart or body:match('"id":"(cart_[^"]+)"')
    total = body:match('"total":({"minor":%d+,"currency":"%a+"})', 1)
    for found in body:gmatch('"total":({"minor":%d+,"currency":"%a+"})') do total = found end
    step = step + 1
  end
end

dofile(os.getenv("BENCH_LUA") .. "/telling.lua")
local tell = done
function done(summary, latency, requests)
  local sum = 0
  for _, thread in ipairs(threads) do sum = sum + thread:get("placed") end
  tell(summary, latency, requests, sum)
end
