//! Logs: readable lines on a terminal, JSON elsewhere, both on standard error.

use std::fmt;
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::time::Duration;

use serde::ser::{SerializeMap, Serializer as _};
use serde_json::Value;
use serde_json::ser::Serializer;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber, debug, error};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::{self, Reader, Setting};

/// What is logged.
pub const LOG: Setting = Setting::new(
    "LOG",
    "info",
    "What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`) or `tracing` directives \
     such as `info,todo_backend=debug`.",
)
.aliases(&["RUST_LOG"]);
/// How logs are written.
pub const LOG_FORMAT: Setting = Setting::new(
    "LOG_FORMAT",
    "auto",
    "`text`, `json`, or `auto`: text on a terminal, JSON elsewhere.",
);

/// This library logs what it cannot read, and that is what a user or a model wrote.
const QUOTES_USERS: &str = "async_openai=off";

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

impl environment::Value for Format {
    const EXPECTED: &'static str = "auto, text or json";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" if io::stderr().is_terminal() => Some(Self::Text),
            "text" => Some(Self::Text),
            "auto" | "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// What is logged.
struct Filter(EnvFilter);

impl environment::Value for Filter {
    const EXPECTED: &'static str = "a level such as info, or directives such as info,hyper=warn";

    fn parse(text: &str) -> Option<Self> {
        let filter = EnvFilter::builder().parse(text).ok()?;
        let level = filter.max_level_hint();
        let filter = filter.add_directive(QUOTES_USERS.parse().ok()?);
        let is_wanted = text.contains("rmcp") || level.is_some_and(|level| level <= QUIET);
        if is_wanted {
            return Some(Self(filter));
        }
        // The MCP library writes several lines at INFO for each request, which has one already.
        let quieter = format!("rmcp={QUIET}").parse().ok()?;
        Some(Self(filter.add_directive(quieter)))
    }
}

/// The level of libraries that talk too much.
const QUIET: LevelFilter = LevelFilter::WARN;

/// What is logged, and how.
#[derive(Debug)]
pub struct Telemetry {
    filter: EnvFilter,
    format: Format,
}

impl Telemetry {
    /// Reads the settings.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            filter: reader.get::<Filter>(&LOG).0,
            format: reader.get(&LOG_FORMAT),
        }
    }

    /// Starts to log. Does nothing if the process logs already.
    pub fn start(self) {
        let builder = tracing_subscriber::fmt()
            .with_env_filter(self.filter)
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal() && !is_set("NO_COLOR"));
        // It fails only when a logger is in place, as in tests.
        let _ = match self.format {
            Format::Text => builder.with_target(false).finish().try_init(),
            Format::Json => {
                std::panic::set_hook(Box::new(log_panic));
                builder
                    .fmt_fields(JsonFields::new())
                    .event_format(FlatJson)
                    .finish()
                    .try_init()
            }
        };
    }
}

/// Logs where a panic happened, as JSON like the rest. Its text can quote what a user wrote, so it
/// is for those who look for it.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    error!(location, "panicked");
    debug!(text = panic.payload_as_str(), "the panic's text");
}

/// A time as the logs tell it: in milliseconds, to the hundredth.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// One flat JSON object per line: what surrounds an event, such as the request's id, stands
/// beside its own fields, so that one name finds it in every line.
struct FlatJson;

impl<S, N> FormatEvent<S, N> for FlatJson
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let mut fields = Fields(Vec::new());
        event.record(&mut fields);
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let Some(formatted) = extensions.get::<FormattedFields<N>>() else {
                continue;
            };
            if let Ok(Value::Object(map)) = serde_json::from_str(formatted) {
                map.into_iter()
                    .for_each(|(name, value)| fields.add(name, value));
            }
        }

        let mut line = Vec::with_capacity(256);
        let write = |line: &mut Vec<u8>| -> serde_json::Result<()> {
            let mut serializer = Serializer::new(line);
            let mut object = serializer.serialize_map(None)?;
            object.serialize_entry("timestamp", &timestamp)?;
            object.serialize_entry("level", event.metadata().level().as_str())?;
            object.serialize_entry("target", event.metadata().target())?;
            for (name, value) in &fields.0 {
                object.serialize_entry(name, value)?;
            }
            object.end()
        };
        write(&mut line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{}", String::from_utf8_lossy(&line))
    }
}

/// Fields in the order they came, each name once: the innermost wins.
struct Fields(Vec<(String, Value)>);

impl Fields {
    fn add(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let name = name.into();
        if self.0.iter().all(|(other, _)| *other != name) {
            self.0.push((name, value.into()));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_mcp_library_is_quiet_unless_it_is_named() {
        use environment::Value as _;

        for (text, expected) in [
            ("info", Some("rmcp=warn")),
            ("info,todo_backend=debug", Some("rmcp=warn")),
            ("debug,rmcp=info", Some("rmcp=info")),
            ("warn", None),
            ("error", None),
        ] {
            let filter = Filter::parse(text).unwrap().0.to_string();
            let of_library = filter.split(',').find(|part| part.starts_with("rmcp"));
            assert_eq!(of_library, expected, "{text}: {filter}");
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_the_fields_of_its_request() {
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .fmt_fields(JsonFields::new())
            .event_format(FlatJson)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("request", request_id = "r1").in_scope(|| {
                tracing::info!(status = 200_u16, ms = 1.5, "a \"quoted\"\nline");
            });
        });

        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["request_id"], "r1");
        assert_eq!(line["status"], 200);
        assert_eq!(line["ms"], 1.5);
        assert_eq!(line["message"], "a \"quoted\"\nline");
        assert!(text.starts_with("{\"timestamp\":\"20"), "{text}");
    }
}
