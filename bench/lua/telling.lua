-- One line of JSON for the program that runs wrk. `units`: what was bought, where a request is not
-- a purchase.
function done(summary, latency, requests, units)
  local errors = summary.errors
  local good = summary.requests - errors.status
  io.write(string.format(
    'BENCH {"seconds":%.4f,"requests":%d,"good":%d,"units":%d,"refused":%d,"broken":%d,'
      .. '"bytes":%d,"p50_ms":%.2f,"p95_ms":%.2f,"p99_ms":%.2f}\n',
    summary.duration / 1e6, summary.requests, good, units or good, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, summary.bytes,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000,
    latency:percentile(99) / 1000))
end
