//! A steady load: people who read pages, add tasks and chat, through the Ingress. Every request is
//! sent once and counted; what was acknowledged is looked for afterwards.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Result,
    site::{Person, Site},
};

/// Those who make a load.
pub(crate) struct Crowd {
    /// People who add tasks, and as many who read pages.
    people: usize,
    /// People who chat.
    chatters: usize,
    /// The pause of one person between two requests.
    pause: Duration,
}

/// For changes that are over soon.
pub(crate) const MANY: Crowd = Crowd {
    people: 4,
    chatters: 2,
    pause: Duration::from_millis(100),
};
/// For what takes minutes beside other rows.
pub(crate) const FEW: Crowd = Crowd {
    people: 1,
    chatters: 1,
    pause: Duration::from_millis(500),
};

/// A JWT lasts five minutes; a new one is asked for after this time.
const TOKEN_AGE: Duration = Duration::from_secs(120);
/// What the end of an interrupted turn tells is numbered from here on: the process that died may have
/// told some of its listeners more than it stored.
const INTERRUPTED: i64 = 100_000;
/// How long a chat turn may take.
const TURN: Duration = Duration::from_secs(60);

/// A running load.
pub(crate) struct Load {
    started: Instant,
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
    workers: JoinSet<Result>,
    people: Vec<Person>,
}

#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    turns: AtomicU64,
    reconnects: AtomicU64,
    retried: AtomicU64,
    failures: Mutex<Vec<(Instant, String)>>,
    /// The titles that a person's writes were acknowledged for.
    acknowledged: Mutex<Vec<(String, String)>>,
}

/// What a load has seen.
pub(crate) struct Seen {
    started: Instant,
    pub(crate) sent: u64,
    pub(crate) turns: u64,
    pub(crate) reconnects: u64,
    /// Writes that failed once and then succeeded under the same key, and turns that were
    /// interrupted and retried.
    pub(crate) retried: u64,
    pub(crate) writes: usize,
    pub(crate) failures: Vec<(Instant, String)>,
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} requests, {} failed; {} writes, each there once; {} chat turns whole, {} reconnects",
            self.sent,
            self.failures.len(),
            self.writes,
            self.turns,
            self.reconnects
        )
    }
}

impl Seen {
    /// Fails if any request did.
    pub(crate) fn without_failure(self) -> Result<Self> {
        if self.failures.is_empty() {
            return Ok(self);
        }
        let first: Vec<String> = self
            .failures
            .iter()
            .take(5)
            .map(|(when, what)| {
                let after = when.saturating_duration_since(self.started);
                format!("after {:.1} s {what}", after.as_secs_f64())
            })
            .collect();
        Err(format!("{self}; the first failures: {}", first.join("; ")).into())
    }
}

impl Counts {
    /// Counts a request and its failure.
    fn note<T>(&self, outcome: Result<T>) -> Option<T> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        outcome.map_err(|error| self.fail(error.to_string())).ok()
    }

    fn fail(&self, what: String) {
        self.fail_at(Instant::now(), what);
    }

    fn fail_at(&self, when: Instant, what: String) {
        lock(&self.failures).push((when, what));
    }
}

impl Load {
    /// Makes accounts and starts.
    pub(crate) async fn start(site: &Site, crowd: &Crowd) -> Result<Self> {
        let counts = Arc::new(Counts::default());
        let (stop, stopped) = watch::channel(false);
        let mut workers = JoinSet::new();
        let mut people = Vec::new();
        for _ in 0..crowd.people {
            let person = site.sign_up().await?;
            let pace = Pace::new(crowd, &stopped);
            workers.spawn(add_tasks(person.clone(), Arc::clone(&counts), pace.clone()));
            workers.spawn(read_pages(person.clone(), Arc::clone(&counts), pace));
            people.push(person);
        }
        for _ in 0..crowd.chatters {
            let person = site.sign_up().await?;
            let pace = Pace::new(crowd, &stopped);
            workers.spawn(chat(person, Arc::clone(&counts), pace));
        }
        Ok(Self {
            started: Instant::now(),
            counts,
            stop,
            workers,
            people,
        })
    }

    /// Stops, and looks for every acknowledged write: it is there, exactly once.
    pub(crate) async fn stop(mut self) -> Result<Seen> {
        self.stop.send_replace(true);
        while let Some(worker) = self.workers.join_next().await {
            worker??;
        }
        let acknowledged = std::mem::take(&mut *lock(&self.counts.acknowledged));
        let mut there: HashMap<(String, String), usize> = HashMap::new();
        for person in &self.people {
            for title in person.titles().await? {
                *there.entry((person.id.clone(), title)).or_default() += 1;
            }
        }
        for write in &acknowledged {
            match there.get(write) {
                Some(1) => {}
                None => return Err(format!("{} was acknowledged and is lost", write.1).into()),
                Some(count) => return Err(format!("{} is there {count} times", write.1).into()),
            }
        }
        if let Some((write, count)) = there.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{} is there {count} times", write.1).into());
        }
        Ok(Seen {
            started: self.started,
            sent: self.counts.sent.load(Ordering::Relaxed),
            turns: self.counts.turns.load(Ordering::Relaxed),
            reconnects: self.counts.reconnects.load(Ordering::Relaxed),
            retried: self.counts.retried.load(Ordering::Relaxed),
            writes: acknowledged.len(),
            failures: std::mem::take(&mut *lock(&self.counts.failures)),
        })
    }
}

/// When a person sends the next request, until the load is to stop.
#[derive(Clone)]
struct Pace {
    pause: Duration,
    stopped: watch::Receiver<bool>,
}

impl Pace {
    fn new(crowd: &Crowd, stopped: &watch::Receiver<bool>) -> Self {
        Self {
            pause: crowd.pause,
            stopped: stopped.clone(),
        }
    }

    /// Whether there is a next one, after the pause.
    async fn next(&self) -> bool {
        sleep(self.pause).await;
        !*self.stopped.borrow()
    }
}

/// A JWT that is renewed in time.
struct Token {
    value: String,
    made: Instant,
}

impl Token {
    async fn of(person: &Person) -> Result<Self> {
        Ok(Self {
            value: person.token().await?,
            made: Instant::now(),
        })
    }

    async fn fresh(&mut self, person: &Person, counts: &Counts) -> &str {
        if self.made.elapsed() > TOKEN_AGE
            && let Some(token) = counts.note(Self::of(person).await)
        {
            *self = token;
        }
        &self.value
    }
}

async fn add_tasks(person: Person, counts: Arc<Counts>, pace: Pace) -> Result {
    let mut token = Token::of(&person).await?;
    let mut n = 0;
    while pace.next().await {
        n += 1;
        let title = format!("Task {n} of {}", person.id);
        let token = token.fresh(&person, &counts).await;
        let mut written = counts
            .note(person.add(token, &title, &title).await)
            .is_some();
        if !written {
            // Once more under the same key, which makes it harmless whether the first was done.
            sleep(Duration::from_secs(1)).await;
            written = person.add(token, &title, &title).await.is_ok();
            counts
                .retried
                .fetch_add(u64::from(written), Ordering::Relaxed);
        }
        if written {
            lock(&counts.acknowledged).push((person.id.clone(), title));
        }
    }
    Ok(())
}

async fn read_pages(person: Person, counts: Arc<Counts>, pace: Pace) -> Result {
    while pace.next().await {
        let outcome = person.home().await.and_then(|(status, page)| {
            if status == 200 && page.contains("</html>") {
                Ok(())
            } else {
                Err(format!("the page: {status}").into())
            }
        });
        counts.note(outcome);
    }
    Ok(())
}

async fn chat(person: Person, counts: Arc<Counts>, pace: Pace) -> Result {
    let mut token = Token::of(&person).await?;
    let mut n = 0;
    while pace.next().await {
        n += 1;
        let token = token.fresh(&person, &counts).await.to_owned();
        match timeout(TURN, turn(&person, &token, n, &counts)).await {
            Ok(Ok(())) => {
                counts.turns.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Err(error)) => counts.fail(format!("chat: {error}")),
            Err(_) => counts.fail("chat: a turn does not end".to_owned()),
        }
    }
    Ok(())
}

/// One turn to its end. A stream that ends before is followed further on another connection, as the
/// page does; its events must be numbered without a gap and without a repetition. One that broke off
/// before it told of its turn is asked for again by the key of the message. A turn whose process died
/// counts as failed when its stream broke off, and is retried once.
async fn turn(person: &Person, token: &str, n: u64, counts: &Counts) -> Result {
    let (message, key) = (format!("Add a task to count to {n}"), format!("chat {n}"));
    counts.sent.fetch_add(1, Ordering::Relaxed);
    let mut events = person.say(token, &message, &key).await?;
    let (mut last, mut turn, mut broke) = (None::<i64>, None, Instant::now());
    loop {
        // A stream that breaks off is followed further like one that ends.
        while let Some(event) = events.next().await {
            let Some(id) = event.id else {
                continue;
            };
            if id < INTERRUPTED && last.is_some_and(|last| id != last + 1) {
                return Err(format!("event {id} came after {last:?}").into());
            }
            last = Some(id);
            match (event.name.as_str(), turn) {
                ("turn", _) => turn = event.turn(),
                ("done", _) => return Ok(()),
                ("interrupted", Some(id)) => {
                    counts.fail_at(broke, "chat: a turn was interrupted".to_owned());
                    events = person.retry(token, id, &format!("retry {n}")).await?;
                    counts.retried.fetch_add(1, Ordering::Relaxed);
                    last = None;
                }
                (end @ ("stopped" | "failed"), _) => {
                    return Err(format!("a turn was {end}").into());
                }
                _ => {}
            }
        }
        broke = Instant::now();
        counts.reconnects.fetch_add(1, Ordering::Relaxed);
        counts.sent.fetch_add(1, Ordering::Relaxed);
        events = match (turn, last) {
            (Some(turn), Some(after)) => person.events(token, turn, after).await?,
            _ => person.say(token, &message, &key).await?,
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
