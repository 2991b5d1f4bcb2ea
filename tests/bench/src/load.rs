//! Load by wrk: connections that each ask again as soon as they have their answer. As pgbench does,
//! it takes little of the cores that it shares with what it loads.

use std::{io::Write, net::SocketAddr, process::Command, time::Duration};

use crate::{Result, http::Call};

/// What a load gave.
pub(crate) struct Measured {
    /// Answers per second.
    pub(crate) rate: f64,
    /// The milliseconds that half of the answers took at most.
    pub(crate) p50: f64,
    /// The milliseconds that 99 of a hundred took at most.
    pub(crate) p99: f64,
}

/// Asks again and again over that many connections, each time for one of the calls by chance; an
/// answer that is no success is a failure of it all.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    calls: &[Call],
) -> Result<Measured> {
    let mut script = tempfile::NamedTempFile::new()?;
    // Rust's escapes of what is ASCII are Lua's too.
    let calls: Vec<String> = calls
        .iter()
        .map(|call| format!("{:?}", call.text()))
        .collect();
    write!(
        script,
        "local calls = {{{}}}\n{}",
        calls.join(",\n"),
        include_str!("load.lua")
    )?;
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", "1"])
        .args(["--connections", &connections.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        // What takes longer counts as a failure.
        .args(["--timeout", "30s"])
        .arg("--script")
        .arg(script.path())
        .arg(format!("http://{address}/"));
    let output = tokio::task::spawn_blocking(move || wrk.output()).await??;
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Option<[f64; 4]> = said
        .lines()
        .find_map(|line| line.strip_prefix("figures: "))
        .and_then(|figures| {
            let figures: Vec<f64> = figures.split(' ').flat_map(str::parse).collect();
            figures.try_into().ok()
        });
    match figures {
        Some([0.0, rate, p50, p99]) => Ok(Measured { rate, p50, p99 }),
        _ => Err(format!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Of values in order, the one that so many of a hundred do not exceed.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or(f64::NAN)
}

/// The value in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    percentile(&values, 50)
}
