//! Which model answers, as an operator sets it.

use std::{ops::RangeInclusive, time::Duration};

use http::Uri;
use todo_service::environment::{Reader, Setting, Value};

use super::openai;

/// The model's server knows us by it.
pub const OPENAI_API_KEY: Setting = Setting::optional(
    "OPENAI_API_KEY",
    "none; the built-in assistant answers unless `OPENAI_BASE_URL` is set",
    "The key for an OpenAI-compatible model, which then answers in the chat.",
)
.secret();
/// Where the model's server is.
pub const OPENAI_BASE_URL: Setting = Setting::optional(
    "OPENAI_BASE_URL",
    "`https://api.openai.com/v1`",
    "The address of an OpenAI-compatible server, before `/chat/completions`. \
     [models.md](models.md) has those of the common ones.",
);
/// Which of its models answers.
pub const OPENAI_MODEL: Setting = Setting::optional(
    "OPENAI_MODEL",
    "`gpt-4.1-mini` at OpenAI, elsewhere required",
    "The model that answers.",
);
/// How long connecting may take.
pub const OPENAI_CONNECT_TIMEOUT: Setting = Setting::new(
    "OPENAI_CONNECT_TIMEOUT",
    "5s",
    "How long connecting to the model's server may take.",
);
/// How long the first token may take.
pub const OPENAI_FIRST_TOKEN_TIMEOUT: Setting = Setting::new(
    "OPENAI_FIRST_TOKEN_TIMEOUT",
    "60s",
    "How long the model may take to begin an answer, all tries together. A server that first has \
     to load its model needs more.",
);
/// How long the next token may take.
pub const OPENAI_TOKEN_TIMEOUT: Setting = Setting::new(
    "OPENAI_TOKEN_TIMEOUT",
    "30s",
    "How long the model may pause within an answer.",
);
/// How long one answer may be.
pub const OPENAI_MAX_OUTPUT_TOKENS: Setting = Setting::optional(
    "OPENAI_MAX_OUTPUT_TOKENS",
    "the server's own bound",
    "The most tokens of one answer, sent as `max_completion_tokens`.",
);
/// Who answers when the model fails.
pub const ASSISTANT_FALLBACK: Setting = Setting::new(
    "ASSISTANT_FALLBACK",
    "none",
    "`builtin`: when the model fails, the built-in assistant answers and says so. `none`: the \
     turn fails and can be tried again.",
);

const OPENAI_URL: &str = "https://api.openai.com/v1";
const OPENAI_DEFAULT_MODEL: &str = "gpt-4.1-mini";
const MILLISECOND: Duration = Duration::from_millis(1);
const TIMES: RangeInclusive<Duration> = MILLISECOND..=Duration::from_secs(60 * 60);

/// Which model answers.
#[derive(Clone, Debug, Default)]
pub struct Assistant {
    /// The model behind an OpenAI-compatible server; without it the built-in assistant answers.
    pub openai: Option<openai::Settings>,
    /// Whether the built-in assistant stands in when the model fails.
    pub fallback: bool,
}

impl Assistant {
    /// Reads the settings.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let Fallback(fallback) = reader.get(&ASSISTANT_FALLBACK);
        let api_key = reader.secret(&OPENAI_API_KEY);
        let base_url = reader.optional::<ServerUrl>(&OPENAI_BASE_URL);
        let model = reader.optional::<String>(&OPENAI_MODEL);
        if let Some(key) = &api_key
            && !key.expose().bytes().all(|byte| byte.is_ascii_graphic())
        {
            reader.reject(&OPENAI_API_KEY, "must be one word without spaces");
        }
        if base_url.is_some() && model.is_none() {
            reader.reject(
                &OPENAI_MODEL,
                "is not set. Name the model of OPENAI_BASE_URL's server that is to answer",
            );
        }
        let settings = openai::Settings {
            api_key,
            base_url: base_url
                .clone()
                .map_or_else(|| OPENAI_URL.to_owned(), |ServerUrl(url)| url),
            model: model.unwrap_or_else(|| OPENAI_DEFAULT_MODEL.to_owned()),
            connect_timeout: reader.get_in(&OPENAI_CONNECT_TIMEOUT, TIMES),
            first_token_timeout: reader.get_in(&OPENAI_FIRST_TOKEN_TIMEOUT, TIMES),
            token_timeout: reader.get_in(&OPENAI_TOKEN_TIMEOUT, TIMES),
            max_output_tokens: reader.optional(&OPENAI_MAX_OUTPUT_TOKENS),
        };
        let is_named = settings.api_key.is_some() || base_url.is_some();
        Self {
            openai: is_named.then_some(settings),
            fallback,
        }
    }
}

struct Fallback(bool);

impl Value for Fallback {
    const EXPECTED: &'static str = "builtin or none";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "builtin" => Some(Self(true)),
            "none" => Some(Self(false)),
            _ => None,
        }
    }
}

/// A URL with a path, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ServerUrl(String);

impl Value for ServerUrl {
    const EXPECTED: &'static str =
        "a URL such as https://api.openai.com/v1 or http://localhost:11434/v1";

    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let is_bare = !uri.authority()?.as_str().contains('@')
            && uri.query().is_none()
            && !text.contains('#');
        (is_http && is_bare).then(|| Self(text.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use todo_service::environment::Environment;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Assistant, Vec<String>> {
        let environment: Environment = variables.iter().copied().collect();
        environment
            .read(Assistant::read)
            .map_err(|error| error.mistakes)
    }

    fn openai(variables: &[(&str, &str)]) -> openai::Settings {
        read(variables).unwrap().openai.unwrap()
    }

    #[test]
    fn the_built_in_assistant_answers_until_a_key_or_a_server_is_named() {
        assert!(read(&[]).unwrap().openai.is_none());
        assert!(read(&[("OPENAI_MODEL", "gpt-5")]).unwrap().openai.is_none());
        let with_key = openai(&[("OPENAI_API_KEY", "sk-hunter2")]);
        assert_eq!(with_key.base_url, "https://api.openai.com/v1");
        assert_eq!(with_key.model, "gpt-4.1-mini");
        assert!(!format!("{with_key:?}").contains("hunter2"));
        let local = openai(&[
            ("OPENAI_BASE_URL", "http://localhost:11434/v1/"),
            ("OPENAI_MODEL", "qwen3:8b"),
        ]);
        assert_eq!(local.base_url, "http://localhost:11434/v1");
        assert!(local.api_key.is_none());
    }

    #[test]
    fn what_cannot_be_meant_stops_the_start() {
        let mistake = |variables: &[(&str, &str)]| read(variables).unwrap_err().join("\n");
        assert!(
            mistake(&[("OPENAI_BASE_URL", "http://localhost:11434/v1")])
                .starts_with("OPENAI_MODEL is not set.")
        );
        for wrong in [
            "localhost:11434",
            "ftp://a",
            "https://u:p@a/v1",
            "https://a/v1?key=1",
            "https://a/#b",
        ] {
            assert!(
                mistake(&[("OPENAI_BASE_URL", wrong)]).starts_with("OPENAI_BASE_URL is "),
                "{wrong}"
            );
        }
        let secret = mistake(&[("OPENAI_API_KEY", "sk hunter2")]);
        assert_eq!(secret, "OPENAI_API_KEY must be one word without spaces.");
        assert!(mistake(&[("ASSISTANT_FALLBACK", "yes")]).contains("builtin or none"));
        assert!(
            mistake(&[("OPENAI_TOKEN_TIMEOUT", "0s")]).starts_with("OPENAI_TOKEN_TIMEOUT must be")
        );
    }
}
