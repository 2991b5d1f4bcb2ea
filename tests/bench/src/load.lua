-- What follows the table `calls` in the script that `load.rs` gives to wrk.
request = function()
  return calls[math.random(#calls)]
end

done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests / summary.duration * 1e6
  local p50, p99 = latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  print(string.format("figures: %d %f %f %f", failed, rate, p50, p99))
end
