//! The connections to PostgreSQL that are kept. A transaction has one for itself. Reads share one: it
//! takes the next statement while the last is answered, which costs the server and both kernels
//! less than a connection for each.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use deadpool::managed::{
    Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult, TimeoutType,
};
use diesel::QueryResult;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager};
use tracing::Instrument;

use super::{
    OpenError, Settings,
    postgres::{ConnectError, Link, connect_patiently},
    statement,
    tls::Target,
};

/// A connection idle for longer is tried before it is used: a suspended database or a proxy may
/// have closed it unheard. Busy ones cost no extra round trip.
const TRUST_IDLE: Duration = Duration::from_secs(15);

/// Most reads at once on one connection: each waits for those before it.
const MOST_READS: usize = 32;

/// How long reads may join a connection after the first took it. Then the next one takes another,
/// and this one, once it is left alone, is looked at like any that comes back.
const OPEN_TO_READS: Duration = Duration::from_secs(1);

const TOO_LATE: PoolError<ConnectError> = PoolError::Timeout(TimeoutType::Wait);

/// Connects, and judges what comes back.
pub(super) struct Manager {
    target: Target,
    deadline: Duration,
}

impl deadpool::managed::Manager for Manager {
    type Type = Link;
    type Error = ConnectError;

    async fn create(&self) -> Result<Link, ConnectError> {
        connect_patiently(&self.target, self.deadline).await
    }

    async fn recycle(&self, link: &mut Link, metrics: &Metrics) -> RecycleResult<ConnectError> {
        if !link.is_open() || AnsiTransactionManager::is_broken_transaction_manager(&mut link.conn)
        {
            return Err(RecycleError::message("closed, or within a transaction"));
        }
        if metrics.last_used() >= TRUST_IDLE {
            let _statement = statement!();
            let probe = diesel::sql_query("SELECT 1").execute(&mut link.conn).await;
            probe.map_err(|error| RecycleError::message(error.to_string()))?;
        }
        Ok(())
    }
}

/// A connection, alone or shared, until it is dropped.
pub struct Connection(Arc<Object<Manager>>);

impl Connection {
    /// To run a statement on, whoever else does.
    #[must_use]
    pub fn shared(&self) -> &AsyncPgConnection {
        &self.0.conn
    }

    /// To begin and end a transaction with.
    ///
    /// # Errors
    /// When it is not [alone](Connections::alone).
    pub(super) fn exclusive(&mut self) -> QueryResult<&mut AsyncPgConnection> {
        let object = Arc::get_mut(&mut self.0);
        let object = object.ok_or(diesel::result::Error::BrokenTransactionManager)?;
        Ok(&mut object.conn)
    }
}

/// All connections of this process but those that outlive their work.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool<Manager>,
    wait: Duration,
    /// The one that reads join.
    latest: Arc<Mutex<Weak<Object<Manager>>>>,
    /// Held by a read that takes another; those that come meanwhile join it there.
    taking: Arc<tokio::sync::Mutex<()>>,
}

impl Connections {
    /// Connects to nothing yet.
    pub(super) fn new(url: &str, settings: &Settings) -> Result<Self, OpenError> {
        let manager = Manager {
            target: Target::parse(url)?,
            deadline: settings.connect_timeout,
        };
        let pool = Pool::builder(manager)
            .max_size(settings.pool_size)
            // The connection used last goes first: the fewer are in use, the fewer have to be tried.
            .queue_mode(QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(settings.connect_timeout))
            .create_timeout(Some(settings.connect_timeout))
            .recycle_timeout(Some(settings.connect_timeout))
            .build()?;
        Ok(Self {
            pool,
            wait: settings.connect_timeout,
            latest: Arc::default(),
            taking: Arc::default(),
        })
    }

    /// One that nobody else uses.
    pub(super) async fn alone(&self) -> Result<Connection, PoolError<ConnectError>> {
        Ok(Connection(Arc::new(self.pool.get().await?)))
    }

    /// One that other reads may use too.
    pub(super) async fn shared(&self) -> Result<Connection, PoolError<ConnectError>> {
        match self.join() {
            Some(joined) => Ok(joined),
            None => tokio::time::timeout(self.wait, self.take())
                .await
                .unwrap_or(Err(TOO_LATE)),
        }
    }

    fn join(&self) -> Option<Connection> {
        let latest = self.latest().upgrade()?;
        let has_room = Arc::strong_count(&latest) <= MOST_READS
            && latest.is_open()
            && Object::metrics(&latest).last_used() < OPEN_TO_READS;
        has_room.then(|| Connection(latest))
    }

    async fn take(&self) -> Result<Connection, PoolError<ConnectError>> {
        let taking = Arc::clone(&self.taking).lock_owned().await;
        if let Some(joined) = self.join() {
            return Ok(joined);
        }
        // In a task of its own: others wait for it too, also when this one's time is up.
        let connections = self.clone();
        let take = async move {
            let _taking = taking;
            let taken = connections.alone().await?;
            *connections.latest() = Arc::downgrade(&taken.0);
            Ok(taken)
        };
        tokio::spawn(take.in_current_span())
            .await
            .unwrap_or(Err(TOO_LATE))
    }

    fn latest(&self) -> MutexGuard<'_, Weak<Object<Manager>>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
