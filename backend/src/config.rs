//! Everything about the backend that an operator can set, with its default.
//!
//! The variables are declared below, once, with what `docs/configuration.md` says of them.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::uri::Authority;
use todo_assistant::settings::{self as assistant, Assistant};
use todo_service::environment::{Reader, Secret, Setting};
use todo_service::settings::ServerSettings;

use crate::accounts::RateLimits;
use crate::db::{self, Location};

/// Where the backend listens.
pub const PORT: Setting = Setting::new("PORT", "8000", "The port to listen on.");
/// Where the backend's metrics are.
pub const METRICS_ADDR: Setting = Setting::new(
    "METRICS_ADDR",
    "0.0.0.0:9090",
    "Where Prometheus metrics are served, at `/metrics`; `off` for nowhere. No Ingress should \
     reach it.",
);
/// Where the database is; the one setting that `todo` does without.
pub const DATABASE_URL: Setting = Setting::required(
    "DATABASE_URL",
    "The PostgreSQL database: `postgres://user:password@host/name?sslmode=verify-full`.",
)
.aliases(&["NEON_CONNECTION_STRING"])
.secret();
const DATABASE_DIRECT_URL: Setting = Setting::optional(
    "DATABASE_DIRECT_URL",
    "`DATABASE_URL`",
    "The same database past a connection pooler, for migrations and notifications.",
)
.secret();
/// How many connections to the database there may be.
pub const DATABASE_POOL_SIZE: Setting = Setting::new(
    "DATABASE_POOL_SIZE",
    "10",
    "The most database connections of one process.",
);
const DATABASE_CONNECT_TIMEOUT: Setting = Setting::new(
    "DATABASE_CONNECT_TIMEOUT",
    "10s",
    "How long a request waits for a database connection before it is answered 503; a suspended \
     Neon needs some seconds to wake up.",
);
const DATABASE_STATEMENT_TIMEOUT: Setting = Setting::new(
    "DATABASE_STATEMENT_TIMEOUT",
    "10s",
    "How long a statement may run. `todo-backend migrate` makes it the default of the database \
     role.",
);
/// What signs JWTs; `todo` makes one itself.
pub const JWT_SECRET: Setting = Setting::required(
    "JWT_SECRET",
    "Signs the JWTs: at least 32 bytes, for example from `openssl rand -hex 32`. The same on \
     every replica.",
)
.aliases(&["BETTER_AUTH_SECRET"])
.secret();
const JWT_SECRET_PREVIOUS: Setting = Setting::optional(
    "JWT_SECRET_PREVIOUS",
    "none",
    "The secret before a rotation. JWTs that it signed are accepted until they expire.",
)
.secret();
const BODY_LIMIT: Setting = Setting::new(
    "BODY_LIMIT",
    "262144",
    "The most bytes of a request's body; more is 413.",
);
const REQUEST_TIMEOUT: Setting = Setting::new(
    "REQUEST_TIMEOUT",
    "30s",
    "How long an answer may take to begin, except a chat turn's; then it is 503.",
);
const PASSWORD_LIMIT_PER_ACCOUNT: Setting = Setting::new(
    "PASSWORD_LIMIT_PER_ACCOUNT",
    "10",
    "How many wrong passwords an account takes in 15 minutes; then it is 429 until they are over.",
);
const PASSWORD_LIMIT_PER_ADDRESS: Setting = Setting::new(
    "PASSWORD_LIMIT_PER_ADDRESS",
    "50",
    "How many wrong passwords one client address may send in 15 minutes.",
);
const SIGN_UP_LIMIT: Setting = Setting::new(
    "SIGN_UP_LIMIT",
    "20",
    "How many accounts one client address may make in an hour.",
);
const RESET_LIMIT: Setting = Setting::new(
    "RESET_LIMIT",
    "20",
    "How many password reset links one client address may try in an hour.",
);
const OAUTH_REGISTRATION_LIMIT: Setting = Setting::new(
    "OAUTH_REGISTRATION_LIMIT",
    "100",
    "How many programs that want to sign people in (MCP clients without a metadata document) may \
     register from one client address in an hour.",
);
const CHAT_MAX_STEPS: Setting = Setting::new(
    "CHAT_MAX_STEPS",
    "16",
    "How often a chat turn may ask the model before it ends with what it has.",
);
const CHAT_TURN_TIMEOUT: Setting =
    Setting::new("CHAT_TURN_TIMEOUT", "2m", "How long a chat turn may take.");
const CHAT_MAX_TURNS: Setting = Setting::new(
    "CHAT_MAX_TURNS",
    "2000",
    "How many chat turns of one process may run at once; the next is answered 503.",
);
const CHAT_MAX_TURNS_PER_USER: Setting = Setting::new(
    "CHAT_MAX_TURNS_PER_USER",
    "10",
    "How many chat turns of one user may run at once, over all replicas; the next is answered 429.",
);
const CHAT_MAX_TOKENS: Setting = Setting::new(
    "CHAT_MAX_TOKENS",
    "200000",
    "How many tokens a chat turn may use, read and written, as the model's server counts them.",
);
const MCP_ALLOWED_HOSTS: Setting = Setting::optional(
    "MCP_ALLOWED_HOSTS",
    "none",
    "The hosts, separated by commas and with or without a port, by which `/mcp` is reached beside \
     that of `PUBLIC_URL` and this machine: the Service's name, for agents in the cluster.",
);
const MCP_RATE_LIMIT: Setting = Setting::new(
    "MCP_RATE_LIMIT",
    "600",
    "How many requests one user may send to `/mcp` of one process in a minute; more is 429.",
);
const MCP_SKILLS_DIR: Setting = Setting::optional(
    "MCP_SKILLS_DIR",
    "none",
    "A folder of Agent Skills that `/mcp` offers to assistants beside the tools. It is read at the \
     start; links in it are not followed.",
);
/// What `todo-backend mcp` acts with.
pub const TODO_TOKEN: Setting = Setting::optional(
    "TODO_TOKEN",
    "none",
    "For `todo-backend mcp` alone, which requires it: the personal access token of the user whose \
     tasks it works on.",
)
.secret();

/// The backend's own settings; those that both servers have come in addition.
pub const SETTINGS: &[&Setting] = &[
    &DATABASE_URL,
    &DATABASE_DIRECT_URL,
    &DATABASE_POOL_SIZE,
    &DATABASE_CONNECT_TIMEOUT,
    &DATABASE_STATEMENT_TIMEOUT,
    &JWT_SECRET,
    &JWT_SECRET_PREVIOUS,
    &PORT,
    &METRICS_ADDR,
    &BODY_LIMIT,
    &REQUEST_TIMEOUT,
    &PASSWORD_LIMIT_PER_ACCOUNT,
    &PASSWORD_LIMIT_PER_ADDRESS,
    &SIGN_UP_LIMIT,
    &RESET_LIMIT,
    &OAUTH_REGISTRATION_LIMIT,
    &CHAT_MAX_STEPS,
    &CHAT_TURN_TIMEOUT,
    &CHAT_MAX_TURNS,
    &CHAT_MAX_TURNS_PER_USER,
    &CHAT_MAX_TOKENS,
    &assistant::OPENAI_API_KEY,
    &assistant::OPENAI_BASE_URL,
    &assistant::OPENAI_MODEL,
    &assistant::OPENAI_CONNECT_TIMEOUT,
    &assistant::OPENAI_FIRST_TOKEN_TIMEOUT,
    &assistant::OPENAI_TOKEN_TIMEOUT,
    &assistant::OPENAI_MAX_OUTPUT_TOKENS,
    &assistant::ASSISTANT_FALLBACK,
    &MCP_ALLOWED_HOSTS,
    &MCP_RATE_LIMIT,
    &MCP_SKILLS_DIR,
    &TODO_TOKEN,
];

const MIN_SECRET_BYTES: usize = 32;
const MIN_DISTINCT_BYTES: usize = 8;
/// Parts of texts that stand in examples everywhere. Lower case, compared without `-`, `_`, space.
const WELL_KNOWN: &[&str] = &[
    "changeme",
    "changethis",
    "replaceme",
    "replacewith",
    "yoursecret",
    "yourjwt",
    "yourbetterauth",
    "mysecret",
    "supersecret",
    "betterauthsecret",
    "example",
    "insecure",
    "secretsecret",
    "password",
    "atleast32",
    "opensslrand",
    "0123456789abcdef0123456789abcdef",
    "12345678901234567890",
];

/// The backend's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens, how browsers reach it, and how it ends.
    pub server: ServerSettings,
    /// The database.
    pub database: db::Settings,
    /// What signs and verifies JWTs.
    pub jwt: JwtConfig,
    /// The most bytes of a request's body.
    pub body_limit: usize,
    /// How long an answer may take to begin.
    pub request_timeout: Duration,
    /// How often passwords and new accounts may be tried.
    pub rate_limits: RateLimits,
    /// The bounds of chat turns.
    pub chat: ChatConfig,
    /// Which model answers.
    pub assistant: Assistant,
    /// MCP over HTTP.
    pub mcp: McpConfig,
}

/// What signs and verifies JWTs.
#[derive(Clone, Debug)]
pub struct JwtConfig {
    /// Signs and verifies.
    pub secret: Secret,
    /// Verifies too, after a rotation.
    pub previous: Option<Secret>,
}

/// The bounds of chat turns.
#[derive(Clone, Copy, Debug)]
pub struct ChatConfig {
    /// How often one turn may ask the model.
    pub max_steps: u32,
    /// How long one turn may take.
    pub turn_timeout: Duration,
    /// How many turns may run at once in this process.
    pub max_turns: usize,
    /// How many turns of one user may run at once, over all processes.
    pub max_turns_per_user: u32,
    /// How many tokens one turn may use.
    pub max_tokens: u64,
}

/// MCP over HTTP.
#[derive(Clone, Debug)]
pub struct McpConfig {
    /// By which hosts it is reached beside the public URL's and this machine.
    pub allowed_hosts: Vec<String>,
    /// How many requests one user may send in a minute to one process.
    pub rate_limit: u32,
    /// The folder whose skills it offers.
    pub skills: Option<PathBuf>,
}

impl Config {
    /// Reads the configuration. `embedded` is what to use where `DATABASE_URL` names no server;
    /// without it a server is required.
    pub fn read(reader: &mut Reader<'_>, embedded: Option<Location>) -> Self {
        Self {
            server: ServerSettings::read(reader, &PORT, &METRICS_ADDR),
            database: read_database(reader, embedded),
            jwt: JwtConfig::read(reader),
            body_limit: reader.get_in(&BODY_LIMIT, 1024..=64 * 1024 * 1024),
            request_timeout: reader.get_in(&REQUEST_TIMEOUT, SECOND..=HOUR),
            rate_limits: RateLimits {
                passwords_per_account: reader.get_in(&PASSWORD_LIMIT_PER_ACCOUNT, ATTEMPTS),
                passwords_per_address: reader.get_in(&PASSWORD_LIMIT_PER_ADDRESS, ATTEMPTS),
                sign_ups: reader.get_in(&SIGN_UP_LIMIT, ATTEMPTS),
                resets: reader.get_in(&RESET_LIMIT, ATTEMPTS),
                registrations: reader.get_in(&OAUTH_REGISTRATION_LIMIT, ATTEMPTS),
            },
            chat: ChatConfig {
                max_steps: reader.get_in(&CHAT_MAX_STEPS, 1..=100),
                turn_timeout: reader.get_in(&CHAT_TURN_TIMEOUT, SECOND..=HOUR),
                max_turns: reader.get_in(&CHAT_MAX_TURNS, 1..=1_000_000),
                max_turns_per_user: reader.get_in(&CHAT_MAX_TURNS_PER_USER, 1..=1_000_000),
                max_tokens: reader.get_in(&CHAT_MAX_TOKENS, 1..=1_000_000_000),
            },
            assistant: Assistant::read(reader),
            mcp: McpConfig::read(reader),
        }
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const ATTEMPTS: RangeInclusive<u32> = 1..=1_000_000;
const HOUR: Duration = Duration::from_secs(60 * 60);

fn read_database(reader: &mut Reader<'_>, embedded: Option<Location>) -> db::Settings {
    db::Settings {
        location: read_location(reader, embedded),
        pool_size: reader.get_in(&DATABASE_POOL_SIZE, 1..=1000),
        connect_timeout: reader.get_in(&DATABASE_CONNECT_TIMEOUT, MILLISECOND..=HOUR),
        statement_timeout: reader.get_in(&DATABASE_STATEMENT_TIMEOUT, MILLISECOND..=HOUR),
    }
}

fn read_location(reader: &mut Reader<'_>, embedded: Option<Location>) -> Location {
    let url = reader.secret(&DATABASE_URL);
    let direct_url = reader.secret(&DATABASE_DIRECT_URL);
    match (&url, embedded) {
        (None, Some(embedded)) => return embedded,
        (None, None) => reader.reject(
            &DATABASE_URL,
            "is not set. Set it to the address of a PostgreSQL database, as in \
             postgres://user:password@host/name",
        ),
        (Some(_), _) => {}
    }
    for (setting, url) in [(&DATABASE_URL, &url), (&DATABASE_DIRECT_URL, &direct_url)] {
        if url.as_ref().is_some_and(|url| !is_postgres(url.expose())) {
            reader.reject(setting, "must begin with postgres:// or postgresql://");
        }
    }
    let text = |url: Secret| url.expose().to_owned();
    Location::Postgres {
        url: url.map(text).unwrap_or_default(),
        direct_url: direct_url.map(text),
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

impl McpConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let hosts: String = reader.optional(&MCP_ALLOWED_HOSTS).unwrap_or_default();
        let hosts = hosts.split(',').map(str::trim);
        let allowed_hosts: Vec<String> = hosts
            .filter(|host| !host.is_empty())
            .map(str::to_owned)
            .collect();
        if let Some(wrong) = allowed_hosts
            .iter()
            .find(|host| host.parse::<Authority>().is_err())
        {
            reader.reject(
                &MCP_ALLOWED_HOSTS,
                format_args!(
                    "has {wrong:?}, but must be a comma-separated list of hosts such as \
                     todo-backend,todo-backend.todo.svc:8000"
                ),
            );
        }
        Self {
            allowed_hosts,
            rate_limit: reader.get_in(&MCP_RATE_LIMIT, ATTEMPTS),
            skills: reader
                .optional::<String>(&MCP_SKILLS_DIR)
                .map(PathBuf::from),
        }
    }
}

impl JwtConfig {
    fn read(reader: &mut Reader<'_>) -> Self {
        let secret = reader.secret(&JWT_SECRET);
        let previous = reader.secret(&JWT_SECRET_PREVIOUS);
        if secret.is_none() {
            reader.reject(
                &JWT_SECRET,
                "is not set. Make one with `openssl rand -hex 32` and keep it",
            );
        }
        for (setting, secret) in [(&JWT_SECRET, &secret), (&JWT_SECRET_PREVIOUS, &previous)] {
            if let Some(weakness) = secret.as_ref().and_then(|s| weakness(s.expose())) {
                reader.reject(
                    setting,
                    format_args!("{weakness}. Make one with `openssl rand -hex 32`"),
                );
            }
        }
        Self {
            secret: secret.unwrap_or_default(),
            previous,
        }
    }
}

/// Why others could guess a secret.
fn weakness(secret: &str) -> Option<&'static str> {
    if secret.len() < MIN_SECRET_BYTES {
        return Some("must have at least 32 bytes");
    }
    let plain: String = secret
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if WELL_KNOWN.iter().any(|known| plain.contains(known)) {
        return Some("is a well-known example that anybody could try");
    }
    let mut bytes = secret.as_bytes().to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    (bytes.len() < MIN_DISTINCT_BYTES).then_some("is too regular to be secret")
}

#[cfg(test)]
mod tests {
    use todo_service::environment::Environment;

    use super::*;

    const URL: (&str, &str) = ("DATABASE_URL", "postgres://app:hunter2@db/todo");
    const SECRET: (&str, &str) = ("JWT_SECRET", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b");

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let environment: Environment = variables.iter().copied().collect();
        environment
            .read(|reader| Config::read(reader, None))
            .map_err(|error| error.mistakes)
    }

    #[test]
    fn two_variables_are_enough() {
        let config = read(&[URL, SECRET]).unwrap();
        assert_eq!(config.server.address.to_string(), "0.0.0.0:8000");
        assert_eq!(
            config.server.metrics_address.unwrap().to_string(),
            "0.0.0.0:9090"
        );
        assert_eq!(config.server.public_url, "http://localhost:3000");
        assert_eq!(config.database.pool_size, 10);
        assert_eq!(config.server.grace.drain, Duration::from_secs(20));
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("hunter2") && !printed.contains("9f86d0"),
            "{printed}"
        );
    }

    #[test]
    fn a_backend_without_a_database_or_a_secret_does_not_start() {
        let mistakes = read(&[]).unwrap_err();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        assert!(
            mistakes[0].starts_with("DATABASE_URL is not set."),
            "{mistakes:?}"
        );
        assert!(
            mistakes[1].starts_with("JWT_SECRET is not set."),
            "{mistakes:?}"
        );
        assert_eq!(
            read(&[("DATABASE_URL", "sqlite://todo.db"), SECRET]).unwrap_err(),
            ["DATABASE_URL must begin with postgres:// or postgresql://."]
        );
    }

    #[test]
    fn the_names_of_earlier_versions_still_work() {
        let config = read(&[
            ("NEON_CONNECTION_STRING", URL.1),
            ("BETTER_AUTH_SECRET", SECRET.1),
        ]);
        assert_eq!(config.unwrap().jwt.secret.expose(), SECRET.1);
        let mistakes = read(&[URL, SECRET, ("BETTER_AUTH_SECRET", "another one")]).unwrap_err();
        assert!(mistakes[0].starts_with("JWT_SECRET and BETTER_AUTH_SECRET are set"));
    }

    #[test]
    fn secrets_that_others_could_guess_are_refused() {
        for weak in [
            "short",
            "change-me-change-me-change-me-change-me",
            "your_jwt_secret_here_at_least_32_characters",
            "better-auth-secret-12345678901234567890",
            "secret-secret-secret-secret-secret-secret",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabcabcabcabcabcabcabcabca",
            "This is my super-secret key for todo!!",
        ] {
            for name in ["JWT_SECRET", "JWT_SECRET_PREVIOUS"] {
                let mut variables = vec![URL, (name, weak)];
                if name != "JWT_SECRET" {
                    variables.push(SECRET);
                }
                let mistakes = read(&variables).unwrap_err();
                assert_eq!(mistakes.len(), 1, "{weak}: {mistakes:?}");
                assert!(mistakes[0].starts_with(&format!("{name} ")), "{mistakes:?}");
                assert!(!mistakes[0].contains(weak), "{mistakes:?}");
            }
        }
    }

    #[test]
    fn the_public_url_is_a_bare_origin() {
        let url = |text| {
            read(&[URL, SECRET, ("PUBLIC_URL", text)]).map(|config| config.server.public_url)
        };
        assert_eq!(
            url("https://Todo.Example.org/").unwrap(),
            "https://todo.example.org"
        );
        assert_eq!(url("http://[::1]:3000").unwrap(), "http://[::1]:3000");
        for wrong in [
            "todo.example.org",
            "ftp://a",
            "https://a/path",
            "https://a?b",
            "https://u@a",
            "//a",
        ] {
            assert!(
                url(wrong).unwrap_err()[0].starts_with("PUBLIC_URL is "),
                "{wrong}"
            );
        }
    }

    #[test]
    fn todo_keeps_its_data_in_a_file_unless_a_server_is_named() {
        let read = |variables: &[(&str, &str)]| {
            let environment: Environment = variables.iter().copied().collect();
            let config = environment
                .read(|reader| Config::read(reader, Some(Location::Sqlite("todo.db".into()))));
            config.unwrap().database.location
        };
        assert!(matches!(read(&[SECRET]), Location::Sqlite(path) if path.ends_with("todo.db")));
        assert!(matches!(read(&[SECRET, URL]), Location::Postgres { .. }));
    }
}
