//! A throw-away PostgreSQL cluster from the system's own server binaries, for tests and
//! benchmarks. It needs no configuration and no privileges, and it goes away with the process that
//! started it, however that ends.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

#[cfg(unix)]
use std::os::unix::process::CommandExt;

/// What a server is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Correctness: nothing is synced to the disk, since nothing outlives the process.
    Test,
    /// Speed: as durable as in production.
    Benchmark,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine has no PostgreSQL server.
    #[error(
        "no PostgreSQL server found (looked for `initdb` in PATH, `pg_config --bindir`, \
         /usr/lib/postgresql/*/bin and where Homebrew and Nix put it). Install it, for example \
         with `apt-get install postgresql`, `brew install postgresql` or `nix develop`, or set \
         TEST_POSTGRES_URL to a server whose user may create databases"
    )]
    NotInstalled,
    /// We are root, which PostgreSQL refuses, and cannot become anyone else.
    #[error(
        "PostgreSQL does not run as root, and neither `setpriv` nor `runuser` is there to become another user"
    )]
    Root,
    /// It did not start.
    #[error("the PostgreSQL server did not start: {0}")]
    Start(String),
    /// A process or a port could not be had.
    #[error("the PostgreSQL server could not be started")]
    Io(#[from] io::Error),
}

/// What a server needs to take encrypted connections with a password only.
#[derive(Clone, Debug, Default)]
pub struct Encryption {
    /// Its certificate, PEM.
    pub certificate: String,
    /// The certificate's private key, PEM.
    pub key: String,
    /// The password of the user `postgres`.
    pub password: String,
}

/// A running server of our own. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Cluster {
    port: u16,
    binaries: PathBuf,
    keeper: Child,
    // The keeper stops the server when this closes, be it by drop or by the end of the process.
    lifeline: Option<ChildStdin>,
}

/// The settings that every server gets. A time zone far from UTC shows who relies on the server's.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=400",
    "timezone=Pacific/Kiritimati",
];

/// What makes a server fast that may forget everything.
const FORGETFUL: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
];

/// Runs as the user that owns the server: makes the files, starts the server, says so, waits for
/// the end of its input, stops the server and removes the files. `$1` is the folder of the
/// binaries, `$2` the server's options. What [`Encryption`] holds is in the environment.
const KEEPER: &str = r#"
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
umask 077
printf '%s' "$PASSWORD" >"$dir/password"
encrypt() {
    printf '%s' "$CERTIFICATE" >"$dir/data/server.crt" &&
    printf '%s' "$KEY" >"$dir/data/server.key" &&
    echo ssl=on >>"$dir/data/postgresql.conf" &&
    echo "hostssl all all all scram-sha-256" >"$dir/data/pg_hba.conf"
}
{
    "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-locale --no-sync \
        ${PASSWORD:+--pwfile "$dir/password"} &&
    { test -z "$KEY" || encrypt; } &&
    "$1/pg_ctl" start -D "$dir/data" -w -t 60 -l "$dir/log" -o "$2"
} >"$dir/out" 2>&1 </dev/null || { cat "$dir/out" "$dir/log"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" stop -D "$dir/data" -m immediate >/dev/null 2>&1
"#;

impl Cluster {
    /// Starts a server on a free port of the loopback interface; takes about a second.
    ///
    /// # Errors
    /// When the machine has no server binaries or they do not start; the text says what to do.
    pub fn start(purpose: Purpose) -> Result<Self, Error> {
        Self::start_with(purpose, &Encryption::default())
    }

    /// Starts a server, for tests, that takes encrypted connections with a password only.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_encrypted(encryption: &Encryption) -> Result<Self, Error> {
        Self::start_with(Purpose::Test, encryption)
    }

    fn start_with(purpose: Purpose, encryption: &Encryption) -> Result<Self, Error> {
        let binaries = find_binaries().ok_or(Error::NotInstalled)?;
        // Somebody may take the port between our look and the server's start.
        let mut result = Self::start_once(&binaries, purpose, encryption);
        for _ in 0..2 {
            if matches!(result, Err(Error::Start(_))) {
                result = Self::start_once(&binaries, purpose, encryption);
            }
        }
        result
    }

    fn start_once(
        binaries: &Path,
        purpose: Purpose,
        encryption: &Encryption,
    ) -> Result<Self, Error> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let forgetful = match purpose {
            Purpose::Test => FORGETFUL,
            Purpose::Benchmark => &[],
        };
        let options: String = SETTINGS
            .iter()
            .chain(forgetful)
            .map(|setting| format!("-c {setting} "))
            .chain([format!("-p {port}")])
            .collect();

        let mut command = as_unprivileged("sh")?;
        command
            .args(["-c", KEEPER, "keeper"])
            .arg(binaries)
            .arg(options)
            .env("CERTIFICATE", &encryption.certificate)
            .env("KEY", &encryption.key)
            .env("PASSWORD", &encryption.password)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // Ctrl-C on the terminal must reach us alone: the keeper has to outlive us by a moment.
        #[cfg(unix)]
        command.process_group(0);
        let mut keeper = command.spawn()?;
        let lifeline = keeper.stdin.take();

        let mut output = BufReader::new(
            keeper
                .stdout
                .take()
                .ok_or_else(|| io::Error::other("no output"))?,
        );
        let mut said = String::new();
        output.read_line(&mut said)?;
        if said.trim() == "ready" {
            return Ok(Self {
                port,
                binaries: binaries.to_owned(),
                keeper,
                lifeline,
            });
        }
        output.read_to_string(&mut said)?;
        keeper.wait()?;
        Err(Error::Start(said))
    }

    /// The URL of one of its databases; `postgres` always exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The port of the loopback interface that it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its programs, `pgbench` among them.
    #[must_use]
    pub fn binaries(&self) -> &Path {
        &self.binaries
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Nobody is left to tell if it fails.
        let _ = self.keeper.wait();
    }
}

/// The folder with the server's programs: the one in `PATH`, or the newest elsewhere.
#[must_use]
pub fn find_binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path)
        .filter_map(|folder| folder.join("initdb").canonicalize().ok())
        .filter_map(|initdb| initdb.parent().map(Path::to_owned));
    let configured = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|folder| PathBuf::from(folder.trim()));
    let home = env::home_dir().unwrap_or_default();
    let elsewhere = [
        versions(Path::new("/usr/lib/postgresql"), "", "bin"),
        versions(Path::new("/usr"), "pgsql-", "bin"),
        versions(Path::new("/opt/homebrew/opt"), "postgresql", "bin"),
        versions(Path::new("/usr/local/opt"), "postgresql", "bin"),
        vec![
            home.join(".nix-profile/bin"),
            PathBuf::from("/run/current-system/sw/bin"),
        ],
    ];
    in_path
        .chain(configured)
        .chain(elsewhere.into_iter().flatten())
        .find(|folder| {
            ["initdb", "pg_ctl", "postgres"]
                .iter()
                .all(|program| folder.join(program).is_file())
        })
}

/// `base/prefix*/leaf`, the highest version first.
fn versions(base: &Path, prefix: &str, leaf: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(base)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name
                .strip_prefix(prefix)?
                .trim_start_matches('@')
                .parse()
                .unwrap_or(0);
            Some((version, entry.path().join(leaf)))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The program as it is or, if we are root, as a user that PostgreSQL accepts.
///
/// # Errors
/// When we are root and cannot become anyone else.
pub fn as_unprivileged(program: &str) -> Result<Command, Error> {
    if !prints(Command::new("id").arg("-u"), "0") {
        return Ok(Command::new(program));
    }
    let user = if prints(Command::new("id").args(["-u", "postgres"]), "") {
        "postgres"
    } else {
        "nobody"
    };
    let mut command;
    if prints(Command::new("setpriv").arg("--version"), "") {
        command = Command::new("setpriv");
        command.args(["--reuid", user, "--clear-groups", "--", program]);
    } else if prints(Command::new("runuser").arg("--version"), "") {
        command = Command::new("runuser");
        command.args(["-u", user, "--", program]);
    } else {
        return Err(Error::Root);
    }
    command.env("HOME", "/");
    Ok(command)
}

/// Whether a command succeeds and, unless `text` is empty, prints just that.
fn prints<T: AsRef<OsStr> + ?Sized>(command: &mut Command, text: &T) -> bool {
    command.stderr(Stdio::null()).output().is_ok_and(|output| {
        let wanted = text.as_ref().as_encoded_bytes();
        output.status.success() && (wanted.is_empty() || output.stdout.trim_ascii() == wanted)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn a_server_runs_until_it_is_dropped() {
        let cluster = Cluster::start(Purpose::Test).unwrap();
        let address = cluster.address();
        TcpStream::connect(address).unwrap();
        drop(cluster);
        assert!(TcpStream::connect(address).is_err());
    }

    #[test]
    fn the_highest_version_is_preferred() {
        let folder = env::temp_dir().join(format!("versions-{}", std::process::id()));
        for version in ["9", "15", "18"] {
            fs::create_dir_all(folder.join(version)).unwrap();
        }
        let found = versions(&folder, "", "bin");
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found[0], folder.join("18/bin"));
        assert_eq!(found[2], folder.join("9/bin"));
    }
}
