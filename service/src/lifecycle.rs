//! The orderly end of a process.
//!
//! On SIGTERM or SIGINT readiness turns off at once, requests are still accepted for a while, and
//! for as long as they come (until every proxy has noticed), then the *soft* token says that
//! nothing new begins, then running work may end, then the *hard* token says that whatever still
//! runs stops and saves what it has. A second signal ends the process at once.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::health::Readiness;

/// How long stopped work may take to save what it has, after the hard token.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A proxy that sent no request for so long has noticed that this process goes.
const QUIET: Duration = Duration::from_secs(3);

/// While requests come, they are accepted for up to so many times the delay: what tells proxies of
/// a cluster's changes may itself be late.
const PATIENCE: u32 = 3;

/// How long the parts of an orderly end may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// Requests are still accepted for so long after readiness turned off, and for up to three
    /// times as long while they come.
    pub delay: Duration,
    /// Running work may take so long to end.
    pub drain: Duration,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All work ended by itself.
    Complete,
    /// Some work had to be stopped.
    Interrupted,
    /// A second signal came.
    AtOnce,
}

/// What the tasks of a process know of its end. Clones share one state.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    grace: Grace,
    readiness: Readiness,
    requests: Arc<AtomicU64>,
    requested: CancellationToken,
    soft: CancellationToken,
    hard: CancellationToken,
    work: TaskTracker,
    background: TaskTracker,
}

impl Lifecycle {
    /// A running process.
    pub fn new(grace: Grace) -> Self {
        Self {
            grace,
            readiness: Readiness::default(),
            requests: Arc::default(),
            requested: CancellationToken::new(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            work: TaskTracker::new(),
            background: TaskTracker::new(),
        }
    }

    /// Whether this process takes requests.
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Notes that a request came for which a proxy chose this process.
    pub(crate) fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Cancelled when nothing new may begin: no connection, no turn, no waiting event stream.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when everything stops: running work saves what it has and ends, and background
    /// tasks finish what was handed to them. It always comes, after all work has ended or when
    /// its time is over.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Runs work that an orderly end waits for, such as a chat turn.
    pub fn spawn_work<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.work.spawn(work)
    }

    /// Runs a task that serves others until the hard token is cancelled, such as a writer. It
    /// has to watch that token itself.
    pub fn spawn_background<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.background.spawn(task)
    }

    /// Asks the process to end, as a signal does.
    pub fn shut_down(&self) {
        self.requested.cancel();
    }

    /// Waits for SIGTERM, SIGINT or [`Lifecycle::shut_down`], then ends all tasks in order.
    ///
    /// # Errors
    /// If the system refuses to tell about signals.
    pub async fn run(&self) -> io::Result<Ending> {
        Ok(self.end_on(signals()?).await)
    }

    async fn end_on(&self, signals: impl Stream<Item = &'static str>) -> Ending {
        let mut signals = std::pin::pin!(signals);
        let reason = tokio::select! {
            Some(signal) = signals.next() => signal,
            () = self.requested.cancelled() => "request",
        };
        info!(
            reason,
            "shutting down; a second signal ends the process at once"
        );
        tokio::select! {
            ending = self.end() => ending,
            Some(_) = signals.next() => Ending::AtOnce,
        }
    }

    async fn end(&self) -> Ending {
        self.readiness.shut_down();
        self.until_unwanted().await;

        self.soft.cancel();
        self.work.close();
        let drained = timeout(self.grace.drain, self.work.wait()).await.is_ok();
        if !drained {
            warn!(
                tasks = self.work.len(),
                "interrupting the work that is still running"
            );
        }

        self.hard.cancel();
        self.background.close();
        let saved = timeout(LAST_WORDS, async {
            self.work.wait().await;
            self.background.wait().await;
        });
        if saved.await.is_err() {
            warn!(
                work = self.work.len(),
                background = self.background.len(),
                "some tasks did not end in time"
            );
        }
        info!("stopped");
        if drained {
            Ending::Complete
        } else {
            Ending::Interrupted
        }
    }

    /// Waits for the delay, and longer while requests come.
    async fn until_unwanted(&self) {
        let latest = Instant::now() + self.grace.delay * PATIENCE;
        let quiet = async {
            sleep(self.grace.delay.saturating_sub(QUIET)).await;
            loop {
                let before = self.requests.load(Ordering::Relaxed);
                sleep(QUIET).await;
                if self.requests.load(Ordering::Relaxed) == before {
                    break;
                }
            }
        };
        if timeout_at(latest, quiet).await.is_err() && !self.grace.delay.is_zero() {
            warn!("requests still come, and are refused from now on");
        }
    }
}

/// The names of the signals to end, as they come.
#[cfg(unix)]
fn signals() -> io::Result<impl Stream<Item = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};

    let pair = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(stream::unfold(
        pair,
        async |(mut terminate, mut interrupt)| {
            let name = tokio::select! {
                Some(()) = terminate.recv() => "SIGTERM",
                Some(()) = interrupt.recv() => "SIGINT",
                else => return None,
            };
            Some((name, (terminate, interrupt)))
        },
    ))
}

/// The names of the signals to end, as they come.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Stream<Item = &'static str>> {
    Ok(stream::unfold((), async |()| {
        tokio::signal::ctrl_c().await.ok().map(|()| ("Ctrl+C", ()))
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::time::Instant;

    use super::*;

    const GRACE: Grace = Grace {
        delay: Duration::from_secs(5),
        drain: Duration::from_secs(20),
    };

    /// What happened, with the seconds since the start.
    #[derive(Clone)]
    struct Diary {
        start: Instant,
        entries: Arc<Mutex<Vec<(u64, &'static str)>>>,
    }

    impl Diary {
        fn new() -> Self {
            Self {
                start: Instant::now(),
                entries: Arc::default(),
            }
        }

        fn note(&self, what: &'static str) {
            self.entries
                .lock()
                .unwrap()
                .push((self.start.elapsed().as_secs(), what));
        }

        fn read(&self) -> Vec<(u64, &'static str)> {
            self.entries.lock().unwrap().clone()
        }
    }

    /// A signal after each of these pauses, then none.
    fn signals_after(pauses: &'static [u64]) -> impl Stream<Item = &'static str> {
        stream::iter(pauses)
            .then(async |pause| {
                sleep(Duration::from_secs(*pause)).await;
                "SIGTERM"
            })
            .chain(stream::pending())
    }

    #[tokio::test(start_paused = true)]
    async fn work_ends_by_itself_and_then_background_tasks_finish() {
        let lifecycle = Lifecycle::new(GRACE);
        lifecycle.readiness().set_good();
        let diary = Diary::new();

        let (l, d) = (lifecycle.clone(), diary.clone());
        lifecycle.spawn_work(async move {
            l.soft().cancelled().await;
            d.note("nothing new");
            sleep(Duration::from_secs(7)).await;
            d.note("work done");
        });
        let (l, d) = (lifecycle.clone(), diary.clone());
        lifecycle.spawn_background(async move {
            l.hard().cancelled().await;
            d.note("background done");
        });
        let (l, d) = (lifecycle.clone(), diary.clone());
        tokio::spawn(async move {
            l.readiness().until_shutdown().await;
            d.note("not ready");
        });

        assert_eq!(
            lifecycle.end_on(signals_after(&[1])).await,
            Ending::Complete
        );
        assert_eq!(
            diary.read(),
            [
                (1, "not ready"),
                (6, "nothing new"),
                (13, "work done"),
                (13, "background done")
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_come_are_accepted_until_they_stop() {
        let lifecycle = Lifecycle::new(GRACE);
        let diary = Diary::new();
        let (l, d) = (lifecycle.clone(), diary.clone());
        lifecycle.spawn_background(async move {
            l.soft().cancelled().await;
            d.note("nothing new");
        });
        let l = lifecycle.clone();
        tokio::spawn(async move {
            for _ in 0..8 {
                l.note_request();
                sleep(Duration::from_secs(1)).await;
            }
        });

        lifecycle.shut_down();
        lifecycle.end_on(stream::pending()).await;
        // The last came after 7 s; the first look that saw none is from 8 to 11 s.
        assert_eq!(diary.read(), [(11, "nothing new")]);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_that_never_stop_do_not_keep_the_process() {
        let lifecycle = Lifecycle::new(GRACE);
        let start = Instant::now();
        let l = lifecycle.clone();
        tokio::spawn(async move {
            loop {
                l.note_request();
                sleep(Duration::from_secs(1)).await;
            }
        });

        lifecycle.shut_down();
        assert_eq!(lifecycle.end_on(stream::pending()).await, Ending::Complete);
        assert_eq!(start.elapsed(), GRACE.delay * PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_takes_too_long_is_interrupted_and_saves_what_it_has() {
        let lifecycle = Lifecycle::new(GRACE);
        let diary = Diary::new();
        let (l, d) = (lifecycle.clone(), diary.clone());
        lifecycle.spawn_work(async move {
            l.hard().cancelled().await;
            sleep(Duration::from_secs(1)).await;
            d.note("saved");
        });

        lifecycle.shut_down();
        assert_eq!(
            lifecycle.end_on(stream::pending()).await,
            Ending::Interrupted
        );
        assert_eq!(diary.read(), [(26, "saved")]);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_ignores_everything_does_not_keep_the_process() {
        let lifecycle = Lifecycle::new(GRACE);
        lifecycle.spawn_work(std::future::pending::<()>());
        let start = Instant::now();

        assert_eq!(
            lifecycle.end_on(signals_after(&[0])).await,
            Ending::Interrupted
        );
        assert_eq!(start.elapsed(), GRACE.delay + GRACE.drain + LAST_WORDS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_signal_ends_at_once() {
        let lifecycle = Lifecycle::new(GRACE);
        let start = Instant::now();
        assert_eq!(
            lifecycle.end_on(signals_after(&[1, 2])).await,
            Ending::AtOnce
        );
        assert_eq!(start.elapsed().as_secs(), 3);
    }
}
