//! Load: connections that each ask again as soon as they have their answer.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    Result,
    http::{Call, Connection},
};

/// What a load gave.
pub(crate) struct Measured {
    /// Answers per second.
    pub(crate) rate: f64,
    /// How long each answer took, in milliseconds, shortest first.
    latencies: Vec<f64>,
}

impl Measured {
    /// The latency in milliseconds that so many of a hundred answers took at most.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        percentile(&self.latencies, percent)
    }
}

/// Asks for `next()` again and again over that many connections; an answer that is no success ends
/// it all.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    time: Duration,
    next: impl Fn() -> Call + Clone + Send + 'static,
) -> Result<Measured> {
    let start = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(ask(address, start + time, next.clone())))
        .collect();
    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await??);
    }
    let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
    latencies.sort_by(f64::total_cmp);
    Ok(Measured { rate, latencies })
}

async fn ask(address: SocketAddr, until: Instant, next: impl Fn() -> Call) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let mut latencies = Vec::new();
    loop {
        let call = next();
        let asked = Instant::now();
        if asked >= until {
            return Ok(latencies);
        }
        let answer = connection.send(&call).await?;
        if answer.status >= 400 {
            answer.json()?;
        }
        latencies.push(milliseconds(asked.elapsed()));
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
