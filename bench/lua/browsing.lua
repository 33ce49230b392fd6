-- GET of the paths in the file BENCH_PATHS as a browser sends it, in turn from a random place. A line
-- may name a cookie after a tab. With BENCH_PAUSE_MS each visitor waits that long before each page.
local asked, at = {}, 0
for line in io.lines(os.getenv("BENCH_PATHS")) do
  local path, cookie = line:match("^([^\t]+)\t(.+)$")
  asked[#asked + 1] = { path or line, cookie }
end

local function headers(cookie)
  return {
    ["Accept"] = "text/html,application/xhtml+xml",
    ["Accept-Encoding"] = "gzip, deflate, br",
    ["Accept-Language"] = "en-US,en;q=0.9",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) bench",
    ["Cookie"] = cookie,
  }
end

function init()
  local random = io.open("/dev/urandom", "rb")
  local a, b, c = random:read(3):byte(1, 3)
  at = (a * 65536 + b * 256 + c) % #asked
  random:close()
end

function request()
  at = at % #asked + 1
  return wrk.format("GET", asked[at][1], headers(asked[at][2]))
end

local pause = tonumber(os.getenv("BENCH_PAUSE_MS") or "")
if pause then
  function delay() return math.random(pause / 2, pause * 3 / 2) end
end

dofile(os.getenv("BENCH_LUA") .. "/telling.lua")
