//! Lists of 20 tasks per second over 32 connections, beside what pgbench gets out of the same
//! server on the same cores with the same statement: alternating runs, medians. And the round trips
//! between backend and database that each list costs.

use std::time::Duration;

use crate::{
    Figure, Result,
    http::Connection,
    load::{self, Measured, median},
    person::Person,
    postgres::Database,
    programs::Program,
    round_trips::Counter,
};

const TASKS: usize = 20;
const CONNECTIONS: usize = 32;
const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(8);
const WARM_UP: Duration = Duration::from_secs(2);

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let pool = CONNECTIONS.to_string();
    let settings = [("DATABASE_POOL_SIZE", pool.as_str())];
    let backend = Program::backend(&database.url(), &settings).await?;
    let person = Person::sign_up(backend.address, "lister").await?;
    person.add_tasks(backend.address, TASKS).await?;

    let list = [person.get("tasks")];
    let lists = |time| load::run(backend.address, CONNECTIONS, time, &list);
    lists(WARM_UP).await?;
    let statement = database.last_statement().await?;
    // The user and, because a list shows whether there are more, one above the most it holds.
    let values = [person.id.as_str(), "1001"];
    let pgbench =
        |threads| database.pgbench(&statement, &values, CONNECTIONS, threads, RUN.as_secs());
    let cores = std::thread::available_parallelism()?.get();
    let (mut tps, mut rates, mut p50s, mut tails) = (vec![], vec![], vec![], vec![]);
    let mut most_tps = vec![];
    for run in 1..=RUNS {
        // By itself it has one thread, as wrk has here.
        let (one, most) = (pgbench(1)?, pgbench(cores)?);
        let Measured { rate, p50, p99 } = lists(RUN).await?;
        println!(
            "run {run} of {RUNS}: pgbench {one:.0}/s, with {cores} threads {most:.0}/s, lists {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms"
        );
        tps.push(one);
        most_tps.push(most);
        rates.push(rate);
        p50s.push(p50);
        tails.push(p99 / p50);
    }
    let (tps, most_tps, rate) = (median(tps), median(most_tps), median(rates));
    Ok(vec![
        Figure::new("`pgbench -M prepared -c 32`, same statement", tps, "/s"),
        Figure::new("the same with a thread for each core", most_tps, "/s"),
        Figure::new("lists", rate, "/s"),
        Figure::new("lists for each of pgbench's", rate / tps, "").at_least(0.5),
        Figure::new(
            "lists for each of those with more threads",
            rate / most_tps,
            "",
        ),
        Figure::new("p50 of a list", median(p50s), "ms"),
        Figure::new("p99 of a list beside p50", median(tails), "×").at_most(5.0),
        Figure::new(
            "round trips of a list",
            round_trips(&database, &person).await?,
            "",
        )
        .at_most(1.0),
    ])
}

async fn round_trips(database: &Database, person: &Person) -> Result<f64> {
    const LISTS: u32 = 500;
    const WARM_UP: u32 = 50;
    let counter = Counter::before(database.address()).await?;
    let backend = Program::backend(&database.url_at(counter.address), &[]).await?;
    let mut connection = Connection::open(backend.address).await?;
    let list = person.get("tasks");
    // The first prepares the statement, and the backend looks after what its predecessor left.
    for _ in 0..WARM_UP {
        connection.send(&list).await?.json()?;
    }
    let before = counter.count();
    for _ in 0..LISTS {
        connection.send(&list).await?.json()?;
    }
    Ok(f64::from(counter.count() - before) / f64::from(LISTS))
}
