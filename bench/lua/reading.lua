-- GET of the paths in the file BENCH_PATHS, in turn from a random place; with BENCH_BEARER as staff.
local paths, at = {}, 0
for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end

local headers = { ["X-Publishable-Key"] = os.getenv("BENCH_KEY") }
local bearer = os.getenv("BENCH_BEARER") or ""
if bearer ~= "" then headers["Authorization"] = "Bearer " .. bearer end

function init()
  local random = io.open("/dev/urandom", "rb")
  local a, b, c = random:read(3):byte(1, 3)
  at = (a * 65536 + b * 256 + c) % #paths
  random:close()
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], headers)
end

dofile(os.getenv("BENCH_LUA") .. "/telling.lua")
