-- GET of the paths in the file BENCH_PATHS, in turn from a random place.
local paths, at = {}, 0
for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end

function init()
  local random = io.open("/dev/urandom", "rb")
  at = (random:read(1):byte() * 256 + random:read(1):byte()) % #paths
  random:close()
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], { ["X-Publishable-Key"] = os.getenv("BENCH_KEY") })
end

dofile(os.getenv("BENCH_LUA") .. "/telling.lua")
