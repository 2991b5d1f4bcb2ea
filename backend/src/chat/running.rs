//! The turns that run in this process: their events in memory for those who listen here, and the
//! one writer that stores them for everyone else.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use todo_api::TurnEvent;
use todo_assistant::model::Model;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    abandoned,
    queries::{self, EventRow},
};
use crate::{
    app::App,
    caller::UserId,
    db::{Conn, DbError},
    error::Error,
};

/// How often new events are stored.
const FLUSH: Duration = Duration::from_millis(100);
/// How often the database is asked which turns are to stop.
const LOOK_FOR_STOPS: Duration = Duration::from_millis(500);
/// How often leases are renewed.
const RENEW: Duration = Duration::from_secs(5);
/// Events of a turn that stay in memory once they are stored, for readers that are a little behind.
const KEPT: usize = 64;
/// How long a process may be silent until others take its turns for interrupted.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(15);

/// The turns of this process, and what answers them.
pub struct Turns {
    /// Names this process in the database.
    owner: String,
    /// What answers.
    pub(super) model: Arc<dyn Model>,
    permits: Arc<Semaphore>,
    running: Mutex<HashMap<(UserId, i64), Arc<Running>>>,
    begun: Notify,
}

/// A turn that runs in this process.
pub(super) struct Running {
    pub(super) user_id: UserId,
    pub(super) turn_id: i64,
    /// The user wants it to stop.
    pub(super) stop: CancellationToken,
    /// It belongs to another process now, or to nobody.
    pub(super) lost: CancellationToken,
    events: Mutex<Events>,
    news: watch::Sender<()>,
}

struct Events {
    /// The number of the first event in `list`.
    first: i64,
    list: VecDeque<TurnEvent>,
    /// The number of the last event that is stored.
    stored: i64,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turns {
    /// No turns yet; at most `most` at once.
    #[must_use]
    pub fn new(model: Arc<dyn Model>, most: usize) -> Self {
        Self {
            owner: format!("{:032x}", rand::random::<u128>()),
            model,
            permits: Arc::new(Semaphore::new(most)),
            running: Mutex::default(),
            begun: Notify::new(),
        }
    }

    /// Names this process in the database.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// What the page calls the model that answers.
    pub(crate) fn model_name(&self) -> &str {
        self.model.name()
    }

    /// Room for one more turn.
    pub(super) fn admit(&self) -> Result<OwnedSemaphorePermit, Error> {
        let full = |_| Error::Unavailable("as many turns run as this process may run".to_owned());
        Arc::clone(&self.permits).try_acquire_owned().map_err(full)
    }

    /// Notes a turn whose events so far end with `last_seq`.
    pub(super) fn begin(&self, user_id: &UserId, turn_id: i64, last_seq: i64) -> Arc<Running> {
        let running = Arc::new(Running {
            user_id: user_id.clone(),
            turn_id,
            stop: CancellationToken::new(),
            lost: CancellationToken::new(),
            events: Mutex::new(Events {
                first: last_seq + 1,
                list: VecDeque::new(),
                stored: last_seq,
                closed: false,
            }),
            news: watch::channel(()).0,
        });
        lock(&self.running).insert((user_id.clone(), turn_id), Arc::clone(&running));
        self.begun.notify_one();
        running
    }

    /// Forgets a turn whose events are stored, and tells those who listen that no more will come.
    pub(super) fn end(&self, running: &Running) {
        lock(&self.running).remove(&(running.user_id.clone(), running.turn_id));
        lock(&running.events).closed = true;
        running.news.send_replace(());
    }

    /// A turn, if it runs here.
    pub(super) fn get(&self, user_id: &UserId, turn_id: i64) -> Option<Arc<Running>> {
        lock(&self.running)
            .get(&(user_id.clone(), turn_id))
            .cloned()
    }

    /// Whether any turn runs here.
    pub(super) fn is_any_running(&self) -> bool {
        !lock(&self.running).is_empty()
    }

    fn all(&self) -> Vec<Arc<Running>> {
        lock(&self.running).values().cloned().collect()
    }
}

/// What a listener hears next.
pub(super) enum Heard {
    Event(i64, TurnEvent),
    /// The events before are stored; they are not in memory.
    Earlier,
    /// No more will come.
    End,
}

impl Running {
    /// Adds an event for those who listen; the writer stores it soon.
    pub(super) fn push(&self, event: TurnEvent) {
        lock(&self.events).list.push_back(event);
        self.news.send_replace(());
    }

    /// The number that the next event will have.
    pub(super) fn next_seq(&self) -> i64 {
        let events = lock(&self.events);
        events.first + events.list.len() as i64
    }

    /// The events that may not be stored yet, with their numbers.
    pub(super) fn unstored(&self) -> Vec<EventRow> {
        let events = lock(&self.events);
        let from = usize::try_from(events.stored + 1 - events.first).unwrap_or(0);
        let first = events.first + from as i64;
        let unstored = events.list.iter().skip(from).cloned();
        EventRow::numbered(self.user_id.as_str(), self.turn_id, first, unstored)
    }

    /// Notes that these events are stored; who still wants the older of them reads them there.
    fn set_stored(&self, rows: &[EventRow]) {
        let mut events = lock(&self.events);
        events.stored = rows.iter().map(|row| row.seq).fold(events.stored, i64::max);
        while events.list.len() > KEPT && events.first <= events.stored {
            events.list.pop_front();
            events.first += 1;
        }
    }

    /// The event after `seq`, once there is one.
    pub(super) async fn next(&self, seq: i64) -> Heard {
        let mut news = self.news.subscribe();
        loop {
            {
                let events = lock(&self.events);
                match usize::try_from(seq + 1 - events.first) {
                    Err(_) => return Heard::Earlier,
                    Ok(at) => {
                        if let Some(event) = events.list.get(at) {
                            return Heard::Event(seq + 1, event.clone());
                        }
                    }
                }
                if events.closed {
                    return Heard::End;
                }
            }
            // The sender is in `self` and so outlives this.
            let _ = news.changed().await;
        }
    }
}

/// The background task that renews leases, stores events and looks for turns that are to stop. It
/// sends no statement while no turn runs.
pub async fn keep(app: App) {
    let turns = &app.turns;
    let hard = app.lifecycle.hard();
    let (mut renewed, mut looked) = (Instant::now(), Instant::now());
    let mut strays = HashSet::new();
    loop {
        if !turns.is_any_running() {
            tokio::select! {
                () = turns.begun.notified() => {}
                () = hard.cancelled() => return,
            }
            // A turn begins with a lease.
            (renewed, looked) = (Instant::now(), Instant::now());
        }
        tokio::time::sleep(FLUSH).await;
        let now = Instant::now();
        if now - renewed >= RENEW {
            match renew(&app, &mut strays).await {
                Ok(()) => renewed = now,
                Err(error) => tracing::warn!(%error, "leases of turns could not be renewed"),
            }
        }
        // Once a lease may have run out, the turn may belong to another process.
        if renewed.elapsed() < LEASE.unsigned_abs()
            && let Err(error) = flush(&app).await
        {
            tracing::warn!(%error, "events of turns could not be stored yet");
        }
        if now - looked >= LOOK_FOR_STOPS {
            looked = now;
            if let Err(error) = look_for_stops(&app).await {
                tracing::warn!(%error, "could not look for turns that are to stop");
            }
        }
    }
}

/// Stores the new events of all turns, in one statement.
async fn flush(app: &App) -> Result<(), DbError> {
    let mut batches: Vec<(Arc<Running>, Vec<EventRow>)> = Vec::new();
    for running in app.turns.all() {
        let rows = running.unstored();
        if !rows.is_empty() {
            batches.push((running, rows));
        }
    }
    let all: Vec<EventRow> = batches.iter().flat_map(|(_, rows)| rows).cloned().collect();
    if all.is_empty() {
        return Ok(());
    }
    match store(app, all).await {
        Ok(()) => {
            for (running, rows) in batches {
                running.set_stored(&rows);
            }
            Ok(())
        }
        Err(DbError::Query(_)) => flush_each(app, batches).await,
        Err(unavailable) => Err(unavailable),
    }
}

/// Stores the events turn by turn: one whose conversation was deleted meanwhile must not keep those
/// of the others.
async fn flush_each(app: &App, batches: Vec<(Arc<Running>, Vec<EventRow>)>) -> Result<(), DbError> {
    for (running, rows) in batches {
        match store(app, rows.clone()).await {
            Ok(()) => {}
            Err(DbError::Query(error)) => {
                tracing::debug!(%error, turn = running.turn_id, "a turn is gone");
                running.lost.cancel();
            }
            Err(unavailable) => return Err(unavailable),
        }
        running.set_stored(&rows);
    }
    Ok(())
}

async fn store(app: &App, rows: Vec<EventRow>) -> Result<(), DbError> {
    let insert = async move |conn: &mut Conn| {
        queries::insert_events(conn, &rows)
            .await
            .map_err(DbError::from)
    };
    app.db.write(insert).await
}

async fn look_for_stops(app: &App) -> Result<(), DbError> {
    let mut conn = app.db.read().await?;
    for (user_id, turn_id) in queries::to_stop(&mut conn, app.turns.owner()).await? {
        if let Some(running) =
            UserId::new(&user_id).and_then(|user_id| app.turns.get(&user_id, turn_id))
        {
            running.stop.cancel();
        }
    }
    Ok(())
}

/// Renews the leases of this process's turns, and lets go of those that it has no more. `strays` are
/// rows of ours that the last renewal found to run in no task: the end of such a turn could not be
/// stored. One that is found twice is interrupted; one that is found once may just begin or end.
async fn renew(app: &App, strays: &mut HashSet<(UserId, i64)>) -> Result<(), DbError> {
    let before = app.turns.all();
    let owner = app.turns.owner().to_owned();
    let until = app.clock.now() + LEASE;
    let renew = async move |conn: &mut Conn| {
        queries::renew_leases(conn, &owner, until)
            .await
            .map_err(DbError::from)
    };
    let owned: HashSet<(UserId, i64)> = app
        .db
        .write(renew)
        .await?
        .into_iter()
        .filter_map(|(user, turn)| Some((UserId::new(&user)?, turn)))
        .collect();
    for running in before {
        // It may also have finished just now, and then nobody minds.
        if !owned.contains(&(running.user_id.clone(), running.turn_id)) {
            running.lost.cancel();
        }
    }
    let found = owned
        .into_iter()
        .filter(|(user_id, turn)| app.turns.get(user_id, *turn).is_none());
    let found: HashSet<_> = found.collect();
    for (user_id, turn) in found.intersection(strays) {
        if let Err(error) = abandoned::interrupt_stray(app, user_id, *turn).await {
            tracing::warn!(%error, turn, "a turn that nobody runs could not be marked");
        }
    }
    *strays = found;
    Ok(())
}
