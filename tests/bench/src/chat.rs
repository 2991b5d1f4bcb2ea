//! A thousand chat streams on one backend, opened at 100 a second, each with a model that speaks for
//! 20 seconds: how soon the first words come, and how much memory it all takes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Figure, Result,
    http::{Call, Connection},
    load::{milliseconds, percentile},
    person::Person,
    postgres::Database,
    programs::Program,
};

const STREAMS: usize = 1_000;
/// The pause between two that are opened.
const PAUSE: Duration = Duration::from_millis(10);
/// Each has as many of the streams as a user may have, in conversations of their own.
const PEOPLE: usize = 100;

/// When the first events of a stream came, in milliseconds since it was asked for.
pub(crate) struct Beginning {
    turn: f64,
    text: f64,
}

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let settings = [("SIGN_UP_LIMIT", "1000")];
    let backend = Program::scripted_backend(&database.url(), &settings).await?;
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        people.push(Person::sign_up(backend.address, &format!("talker-{number}")).await?);
    }

    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut streams = Vec::with_capacity(STREAMS);
    for person in people.iter().cycle().take(STREAMS) {
        ticks.tick().await;
        let say = person
            .post("chat", &json!({"message": "speak 20s"}))
            .with("accept", "text/event-stream");
        streams.push(tokio::spawn(listen(backend.address, say)));
    }
    println!("{STREAMS} streams are open");
    let mut beginnings = Vec::with_capacity(STREAMS);
    for stream in streams {
        beginnings.push(stream.await??);
    }
    let sorted = |value: fn(&Beginning) -> f64| {
        let mut values: Vec<f64> = beginnings.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (asked, committed) = (sorted(|it| it.text), sorted(|it| it.text - it.turn));
    Ok(vec![
        Figure::new(
            "first text after the request, p50",
            percentile(&asked, 50),
            "ms",
        ),
        Figure::new(
            "first text after the request, p99",
            percentile(&asked, 99),
            "ms",
        )
        .at_most(250.0),
        Figure::new(
            "first text after the commit, p99",
            percentile(&committed, 99),
            "ms",
        )
        .at_most(250.0),
        Figure::new("most memory of the backend", backend.peak()?, "MiB").at_most(128.0),
    ])
}

/// Follows a turn to its end.
pub(crate) async fn listen(address: SocketAddr, say: Call) -> Result<Beginning> {
    let asked = Instant::now();
    let mut connection = Connection::open(address).await?;
    let status = connection.begin(&say).await?.status;
    if status != 200 {
        return Err(format!("a stream answered {status}").into());
    }
    let (mut turn, mut text) = (None, None);
    // Where a piece ends in the middle of a word, the next one begins with it.
    let mut seen = String::new();
    loop {
        let more = connection.text().await;
        seen += &more.map_err(|error| format!("a stream broke off after {seen:?}: {error}"))?;
        let now = milliseconds(asked.elapsed());
        if turn.is_none() && seen.contains("event: turn") {
            turn = Some(now);
        }
        if text.is_none() && seen.contains("event: text") {
            text = Some(now);
        }
        if seen.contains("event: done") {
            let (turn, text) = turn.zip(text).ok_or("a stream without words")?;
            return Ok(Beginning { turn, text });
        }
        if let Some((_, last)) = seen.rsplit_once("\n\n") {
            seen = last.to_owned();
        }
    }
}
