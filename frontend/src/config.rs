//! Everything about the frontend that an operator can set, with its default.

use todo_service::environment::{BaseUrl, Reader, Setting};
use todo_service::settings::ServerSettings;

/// Where the frontend listens.
pub const PORT: Setting = Setting::new("PORT", "3000", "The port to listen on.");
/// Where the frontend's metrics are.
pub const METRICS_ADDR: Setting = Setting::new(
    "METRICS_ADDR",
    "0.0.0.0:9091",
    "Where Prometheus metrics are served, at `/metrics`; `off` for nowhere. No Ingress should \
     reach it.",
);
const BACKEND_URL: Setting = Setting::new(
    "BACKEND_URL",
    "http://localhost:8000",
    "The backend as the frontend reaches it: `http://` with host and port.",
)
.aliases(&["NEXT_PUBLIC_API_URL"]);

/// The frontend's own settings; those that both servers have come in addition.
pub const SETTINGS: &[&Setting] = &[&BACKEND_URL, &PORT, &METRICS_ADDR];

/// The frontend's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where it listens, how browsers reach it, and how it ends.
    pub server: ServerSettings,
    /// Where the backend is: `http://`, host and port.
    pub backend_url: String,
}

impl Config {
    /// Reads the configuration.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let backend_url = reader.get::<BaseUrl>(&BACKEND_URL).0;
        if !backend_url.starts_with("http://") {
            reader.reject(
                &BACKEND_URL,
                "must begin with http://: inside a cluster the backend is reached without TLS",
            );
        }
        Self {
            server: ServerSettings::read(reader, &PORT, &METRICS_ADDR),
            backend_url,
        }
    }
}

#[cfg(test)]
mod tests {
    use todo_service::environment::Environment;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let environment: Environment = variables.iter().copied().collect();
        environment
            .read(Config::read)
            .map_err(|error| error.mistakes)
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.server.address.to_string(), "0.0.0.0:3000");
        assert_eq!(config.backend_url, "http://localhost:8000");
    }

    #[test]
    fn the_backend_is_a_plain_http_address() {
        let config = read(&[("NEXT_PUBLIC_API_URL", "http://todo-backend/")]).unwrap();
        assert_eq!(config.backend_url, "http://todo-backend");
        for wrong in [
            "https://example.org",
            "todo-backend:8000",
            "http://host/api",
        ] {
            let mistakes = read(&[("BACKEND_URL", wrong)]).unwrap_err();
            assert!(mistakes[0].starts_with("BACKEND_URL "), "{mistakes:?}");
        }
    }
}
