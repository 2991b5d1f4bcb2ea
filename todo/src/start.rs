//! What a start of `todo` needs to know: the command line, the environment and this program's own
//! defaults, brought together.

use std::path::PathBuf;

use todo_backend::config::{
    Config, DATABASE_POOL_SIZE, DATABASE_URL, JWT_SECRET, METRICS_ADDR, PORT,
};
use todo_backend::db::{Db, Location};
use todo_service::environment::{Environment, Setting};
use todo_service::program::{self, Failure};
use todo_service::settings::{ADDR, PUBLIC_URL, SHUTDOWN_DELAY};
use todo_service::telemetry::{LOG, Telemetry};

use crate::data::{DataDir, OwnerOnly};
use crate::{Options, page};

/// The settings whose defaults differ from the servers': one person, one machine, a terminal.
pub(crate) const DEFAULTS: [(&Setting, &str); 6] = [
    (&ADDR, "127.0.0.1"),
    (&PORT, "3000"),
    (&METRICS_ADDR, "off"),
    // Each reader of the file has a cache, and its thread a heap.
    (&DATABASE_POOL_SIZE, "4"),
    (&SHUTDOWN_DELAY, "0"),
    (&LOG, "warn"),
];

/// What one start needs to know.
pub(crate) struct Start {
    pub(crate) config: Config,
    /// The database's file, unless `DATABASE_URL` names a server.
    file: Option<PathBuf>,
    is_first: bool,
}

impl Start {
    /// Options win over variables, variables over defaults. Makes the data directory and its
    /// secret if there are none, and starts to log.
    pub(crate) fn prepare(options: &Options) -> Result<Self, Failure> {
        let (start, telemetry) = Self::of(options, Environment::of_process())?;
        telemetry.start();
        Ok(start)
    }

    fn of(options: &Options, mut environment: Environment) -> Result<(Self, Telemetry), Failure> {
        let data = DataDir::open(options.data_dir.clone())?;
        if let Some(host) = options.host {
            environment.set(ADDR.name, host.to_string());
        }
        if let Some(port) = options.port {
            environment.set(PORT.name, port.to_string());
        }
        for (setting, default) in DEFAULTS {
            environment.set_default(setting, default);
        }
        if !environment.has(&JWT_SECRET) {
            environment.set(JWT_SECRET.name, data.secret()?);
        }
        let (telemetry, mut config) = environment.read(|reader| {
            (
                Telemetry::read(reader),
                Config::read(reader, Some(Location::Sqlite(data.database()))),
            )
        })?;
        if !environment.has(&PUBLIC_URL) {
            config.server.public_url = page(config.server.address);
        }
        let file = (!environment.has(&DATABASE_URL)).then(|| data.database());
        let start = Self {
            config,
            is_first: file.is_some() && data.is_new(),
            file,
        };
        Ok((start, telemetry))
    }

    /// Makes the database, or brings it up to date.
    pub(crate) async fn migrate(&self) -> Result<(), Failure> {
        let _owner_only = OwnerOnly::begin();
        let db = Db::open(self.config.database.clone())?;
        let migrated = program::tell_if_slow("the database", db.migrate()).await?;
        match &self.file {
            // A server's schema may run ahead of its programs for a while; a file has but this one.
            Some(file) if migrated.newer => Err(format!(
                "{} was written by a newer version of todo. Start that one, or keep other data with --data-dir.",
                file.display()
            )
            .into()),
            _ => Ok(()),
        }
    }

    /// What a person reads once everything runs.
    pub(crate) fn banner(&self, page: &str) -> String {
        let data = match &self.file {
            Some(file) => file.display().to_string(),
            None => "in the database that DATABASE_URL names".to_owned(),
        };
        let mut banner =
            format!("Todo Chatbot is running.\n\n  Open  {page}\n  Data  {data}\n  Stop  Ctrl+C\n");
        if self.is_first {
            banner += "\nThis is its first start: sign up on the page, then say\n\
                       \"add buy milk tomorrow at 5pm #home\".\n";
        }
        banner
    }
}

#[cfg(test)]
mod tests {
    use diesel_async::SimpleAsyncConnection;
    use todo_backend::db::Conn;

    use super::*;

    fn start(options: Options, variables: &[(&str, &str)]) -> Start {
        Start::of(&options, variables.iter().copied().collect())
            .unwrap()
            .0
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let home = tempfile::tempdir().unwrap();
        let options = || Options {
            data_dir: Some(home.path().into()),
            ..Options::default()
        };
        let first = start(options(), &[]);
        assert_eq!(first.config.server.address.to_string(), "127.0.0.1:3000");
        assert_eq!(first.config.server.public_url, "http://localhost:3000");
        assert_eq!(first.config.server.metrics_address, None);
        assert!(
            matches!(&first.config.database.location, Location::Sqlite(path)
            if path.starts_with(home.path()))
        );
        assert!(
            first
                .banner("http://localhost:3000")
                .contains("first start")
        );

        let second = start(options(), &[]);
        assert_eq!(first.config.jwt.secret, second.config.jwt.secret);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn data_of_a_newer_version_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            data_dir: Some(home.path().into()),
            ..Options::default()
        };
        let start = start(options, &[]);
        start.migrate().await.unwrap();
        let db = Db::open(start.config.database.clone()).unwrap();
        let Conn::Sqlite(mut conn) = db.read().await.unwrap() else {
            panic!("it is a file");
        };
        conn.batch_execute(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')",
        )
        .await
        .unwrap();
        let refused = start.migrate().await.unwrap_err().to_string();
        assert!(
            refused.contains("todo.db was written by a newer version"),
            "{refused}"
        );
    }

    #[test]
    fn an_option_wins_over_a_variable_and_a_variable_over_the_default() {
        let home = tempfile::tempdir().unwrap();
        let options = |port| Options {
            port,
            data_dir: Some(home.path().into()),
            ..Options::default()
        };
        let url = |start: Start| start.config.server.public_url;
        assert_eq!(
            url(start(options(Some(3001)), &[("PORT", "4000")])),
            "http://localhost:3001"
        );
        assert_eq!(
            url(start(options(None), &[("PORT", "4000")])),
            "http://localhost:4000"
        );
        let public = [("PUBLIC_URL", "https://todo.example.org")];
        assert_eq!(
            url(start(options(None), &public)),
            "https://todo.example.org"
        );
    }

    #[test]
    fn a_database_server_is_used_instead_of_the_file() {
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            data_dir: Some(home.path().into()),
            ..Options::default()
        };
        let start = start(
            options,
            &[("DATABASE_URL", "postgres://u:hunter2@host/todo")],
        );
        assert!(matches!(
            start.config.database.location,
            Location::Postgres { .. }
        ));
        assert!(!start.banner("http://localhost:3000").contains("hunter2"));
    }
}
