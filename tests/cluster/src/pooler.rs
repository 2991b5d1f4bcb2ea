//! PgBouncer in transaction mode before the database, as Neon's pooler.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;
use todo_test_postgres::as_unprivileged;

use crate::{
    Result,
    database::{Database, PASSWORD},
};

/// The first version that keeps prepared statements in transaction mode.
const OLDEST: (u32, u32) = (1, 21);
/// The connections to the server that all clients share.
pub(crate) const SIZE: usize = 4;

/// A running PgBouncer. It ends with the value.
pub(crate) struct Pooler {
    /// The port that pods reach it by.
    pub(crate) port: u16,
    /// Its version.
    pub(crate) version: String,
    process: Child,
    _folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    /// Starts the PgBouncer that `PGBOUNCER` names or the PATH has; none if there is none that is
    /// new enough, as Debian's.
    pub(crate) fn start(database: &Database) -> Result<Option<Self>> {
        let program = env::var("PGBOUNCER").unwrap_or_else(|_| "pgbouncer".to_owned());
        let Some(version) = version(&program) else {
            return Ok(None);
        };
        let port = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?
            .local_addr()?
            .port();
        // The user that it runs as has to read it; what is secret in it is no secret.
        let folder = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()?;
        let file = |name: &str, content: &str| -> Result<String> {
            let path = folder.path().join(name);
            fs::write(&path, content)?;
            Ok(path.display().to_string())
        };
        let certificate = file("server.crt", &database.certificate)?;
        let key = file("server.key", &database.key)?;
        let users = file("users", &format!("\"postgres\" \"{PASSWORD}\"\n"))?;
        let server = database.address();
        let settings = format!(
            "[databases]
todo = host={} port={}
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
admin_users = postgres
pool_mode = transaction
max_prepared_statements = 200
default_pool_size = {SIZE}
client_tls_sslmode = require
client_tls_cert_file = {certificate}
client_tls_key_file = {key}
server_tls_sslmode = require
",
            server.ip(),
            server.port()
        );
        let process = as_unprivileged(&program)?
            .arg("--quiet")
            .arg(file("pgbouncer.ini", &settings)?)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Some(Self {
            port,
            version: format!("{}.{}", version.0, version.1),
            process,
            _folder: folder,
        }))
    }

    /// How many clients it has, and how many connections to the server.
    pub(crate) fn connections(&self, database: &Database) -> Result<(usize, usize)> {
        let count = |what: &str| -> Result<usize> {
            let port = format!("--port={}", self.port);
            let show = format!("SHOW {what}");
            let arguments = [
                "--dbname=pgbouncer",
                &port,
                "--tuples-only",
                "--command",
                &show,
            ];
            let said = database.program("psql", &arguments)?;
            Ok(said.lines().filter(|line| line.contains("todo")).count())
        };
        Ok((count("CLIENTS")?, count("SERVERS")?))
    }
}

/// The version, if the program is there and new enough.
fn version(program: &str) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let version = said.strip_prefix("PgBouncer ")?.lines().next()?;
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    let version = (numbers.next()?, numbers.next()?);
    (version >= OLDEST).then_some(version)
}
