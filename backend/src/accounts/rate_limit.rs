//! How often somebody may try. The counts are rows of the database, so that they hold over all
//! replicas; each is one atomic statement, made before any password is hashed.

use std::{fmt, net::IpAddr};

use diesel::{
    ExpressionMethods, IntoSql, QueryDsl, QueryResult, dsl::case_when, sql_types::Integer,
    upsert::excluded,
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};

use super::{email::Email, queries};
use crate::{
    app::App,
    db::{Conn, DbError, on, schema::rate_limits, types::At},
    error::Error,
};

/// One in so many attempts also clears away what has ended.
const SWEEP_EVERY: u32 = 32;

/// How long wrong passwords count from the first of them.
const PASSWORDS: SignedDuration = SignedDuration::from_mins(15);
/// How long new accounts, resets and registrations count from the first of them.
const ACCOUNTS: SignedDuration = SignedDuration::from_hours(1);

/// How many attempts there may be. Those at a password that succeed do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Wrong passwords for one account in 15 minutes.
    pub passwords_per_account: u32,
    /// Wrong passwords from one address in 15 minutes.
    pub passwords_per_address: u32,
    /// New accounts from one address in an hour.
    pub sign_ups: u32,
    /// Uses of reset links from one address in an hour.
    pub resets: u32,
    /// OAuth clients that register from one address in an hour.
    pub registrations: u32,
}

/// OAuth clients that register from everywhere in an hour: their rows stay for a day.
const ALL_REGISTRATIONS: u32 = 2000;
/// Questions of one user about OAuth clients in 15 minutes: each may fetch a document.
const AUTHORIZATIONS: u32 = 60;

/// Whose attempts of what are counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    /// Passwords for an account, whether or not there is one.
    Account(&'a Email),
    /// Passwords from an address.
    Address(IpAddr),
    /// New accounts from an address.
    SignUps(IpAddr),
    /// Password resets from an address.
    Resets(IpAddr),
    /// Registrations of OAuth clients from an address.
    Registrations(IpAddr),
    /// Registrations of OAuth clients from everywhere.
    AllRegistrations,
    /// Authorization requests that a user is asked about.
    Authorizations(&'a str),
}

impl Subject<'_> {
    /// How many attempts there may be, and in what time.
    const fn limit(&self, limits: &RateLimits) -> (u32, SignedDuration) {
        match self {
            Self::Account(_) => (limits.passwords_per_account, PASSWORDS),
            Self::Address(_) => (limits.passwords_per_address, PASSWORDS),
            Self::SignUps(_) => (limits.sign_ups, ACCOUNTS),
            Self::Resets(_) => (limits.resets, ACCOUNTS),
            Self::Registrations(_) => (limits.registrations, ACCOUNTS),
            Self::AllRegistrations => (ALL_REGISTRATIONS, ACCOUNTS),
            Self::Authorizations(_) => (AUTHORIZATIONS, PASSWORDS),
        }
    }
}

/// The key in the table.
impl fmt::Display for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(email) => write!(f, "password:{}", email.as_str()),
            Self::Address(address) => write!(f, "password@{}", network(*address)),
            Self::SignUps(address) => write!(f, "sign-up@{}", network(*address)),
            Self::Resets(address) => write!(f, "reset@{}", network(*address)),
            Self::Registrations(address) => write!(f, "register@{}", network(*address)),
            Self::AllRegistrations => f.write_str("register"),
            Self::Authorizations(user_id) => write!(f, "authorize:{user_id}"),
        }
    }
}

/// One customer has one IPv4 address, or a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & !u128::from(u64::MAX)).into()),
    }
}

/// Counts an attempt.
///
/// # Errors
/// 429 when there were too many; [`Error::Unavailable`] when the database is.
pub(super) async fn count(app: &App, subject: Subject<'_>) -> Result<(), Error> {
    let (limit, window) = subject.limit(&app.config.rate_limits);
    let key = subject.to_string();
    let now = app.clock.now();
    let count = async move |conn: &mut Conn| -> Result<(i32, Timestamp), DbError> {
        Ok(add(conn, &key, now, window).await?)
    };
    let (attempts, window_ends_at) = app.db.write(count).await?;
    if rand::random_ratio(1, SWEEP_EVERY) {
        sweep(app, now);
    }
    if i64::from(attempts) <= i64::from(limit) {
        return Ok(());
    }
    let wait = window_ends_at
        .duration_since(now)
        .as_secs()
        .max(1)
        .unsigned_abs();
    Err(Error::TooManyRequests {
        retry_after: wait,
        detail: format!(
            "There were too many attempts. Try again in {}.",
            minutes(wait)
        ),
    })
}

fn minutes(seconds: u64) -> String {
    match seconds.div_ceil(60) {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

async fn add(
    conn: &mut Conn,
    key: &str,
    now: Timestamp,
    window: SignedDuration,
) -> QueryResult<(i32, Timestamp)> {
    use rate_limits::dsl;
    let (attempts, At(window_ends_at)): (i32, At) = on!(conn, |conn| {
        diesel::insert_into(dsl::rate_limits)
            .values((
                dsl::key.eq(key),
                dsl::attempts.eq(1),
                dsl::window_ends_at.eq(At(now + window)),
            ))
            .on_conflict(dsl::key)
            .do_update()
            .set((
                dsl::attempts.eq(case_when(
                    dsl::window_ends_at.le(At(now)),
                    1.into_sql::<Integer>(),
                )
                .otherwise(dsl::attempts + 1)),
                dsl::window_ends_at.eq(case_when(
                    dsl::window_ends_at.le(At(now)),
                    excluded(dsl::window_ends_at),
                )
                .otherwise(dsl::window_ends_at)),
            ))
            .returning((dsl::attempts, dsl::window_ends_at))
            .get_result(conn)
            .await?
    });
    Ok((attempts, window_ends_at))
}

/// After the right password: forgets the wrong ones for the account, and takes back the attempt
/// from the address, behind which there may be a whole office.
pub(super) async fn forgive(conn: &mut Conn, account: &str, address: &str) -> QueryResult<()> {
    on!(conn, |conn| {
        diesel::delete(rate_limits::table.find(account))
            .execute(conn)
            .await?
    });
    take_back(conn, address).await
}

/// Takes back an attempt that came to nothing.
pub(super) async fn take_back(conn: &mut Conn, key: &str) -> QueryResult<()> {
    use rate_limits::dsl;
    on!(conn, |conn| {
        diesel::update(dsl::rate_limits.find(key))
            .filter(dsl::attempts.gt(0))
            .set(dsl::attempts.eq(dsl::attempts - 1))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Clears away, beside the request, what has ended. Whoever comes next does it if this fails.
fn sweep(app: &App, now: Timestamp) {
    let sweep = async move |conn: &mut Conn| -> Result<(), DbError> {
        on!(conn, |conn| {
            diesel::delete(rate_limits::table.filter(rate_limits::window_ends_at.le(At(now))))
                .execute(conn)
                .await?
        });
        Ok(queries::sweep(conn, now).await?)
    };
    app.db
        .write_beside("clearing away what has ended failed", sweep);
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::db::{Db, Location, Settings};

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    async fn database(folder: &tempfile::TempDir) -> Db {
        let db = Db::open(Settings {
            location: Location::Sqlite(folder.path().join("test.db")),
            pool_size: 4,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(10),
        })
        .unwrap();
        db.migrate().await.unwrap();
        db
    }

    async fn attempt(db: &Db, key: &'static str, now: Timestamp) -> (i32, Timestamp) {
        let count = async move |conn: &mut Conn| -> Result<(i32, Timestamp), DbError> {
            Ok(add(conn, key, now, MINUTE).await?)
        };
        db.write(count).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn attempts_at_once_are_all_counted() {
        let folder = tempfile::tempdir().unwrap();
        let replicas = [database(&folder).await, database(&folder).await];
        let now = Timestamp::UNIX_EPOCH;
        let attempts = (0..40).map(|n| attempt(&replicas[n % 2], "ann", now));
        let mut counts: Vec<i32> = futures_util::future::join_all(attempts)
            .await
            .into_iter()
            .map(|(count, _)| count)
            .collect();
        counts.sort_unstable();
        assert_eq!(counts, (1..=40).collect::<Vec<_>>());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_window_lasts_from_its_first_attempt_and_then_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let start = Timestamp::UNIX_EPOCH;
        let second = SignedDuration::from_secs(1);
        assert_eq!(attempt(&db, "ann", start).await, (1, start + MINUTE));
        let last = start + MINUTE - second;
        assert_eq!(attempt(&db, "ann", last).await, (2, start + MINUTE));
        assert_eq!(attempt(&db, "bob", last).await, (1, last + MINUTE));
        let next = start + MINUTE;
        assert_eq!(attempt(&db, "ann", next).await, (1, next + MINUTE));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_right_password_forgets_the_wrong_ones() {
        let folder = tempfile::tempdir().unwrap();
        let db = database(&folder).await;
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..3 {
            attempt(&db, "account", now).await;
            attempt(&db, "address", now).await;
        }
        let forgiving = async |conn: &mut Conn| -> Result<(), DbError> {
            Ok(forgive(conn, "account", "address").await?)
        };
        db.write(forgiving).await.unwrap();
        assert_eq!(attempt(&db, "account", now).await.0, 1);
        assert_eq!(attempt(&db, "address", now).await.0, 3);
    }

    #[test]
    fn an_address_is_counted_with_its_network() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            let key = Subject::Address(address.parse().unwrap()).to_string();
            assert_eq!(key, format!("password@{counted}"));
        }
    }

    #[test]
    fn a_wait_is_told_in_minutes() {
        assert_eq!(minutes(1), "a minute");
        assert_eq!(minutes(61), "2 minutes");
    }
}
