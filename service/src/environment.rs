//! Settings read from environment variables.
//!
//! A [`Setting`] is declared once, with the name, default and meaning that `docs/configuration.md`
//! prints, and read through a [`Reader`], which collects every mistake instead of stopping at the
//! first. The variables come from an [`Environment`], so that tests can pass their own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::ErrorKind::NotFound;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use axum::http::Uri;
use ipnet::IpNet;

/// The variables that a program was started with.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
        }
    }

    /// Sets a variable, as a command line option does that stands for it.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Reads settings, and fails if any of them is wrong.
    ///
    /// # Errors
    /// A sentence for each mistake.
    pub fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> T) -> Result<T, EnvironmentError> {
        let mut reader = Reader {
            environment: self,
            mistakes: Vec::new(),
        };
        let result = read(&mut reader);
        if reader.mistakes.is_empty() {
            Ok(result)
        } else {
            Err(EnvironmentError {
                mistakes: reader.mistakes,
            })
        }
    }

    /// Whether any variable of a setting holds a value.
    pub fn has(&self, setting: &Setting) -> bool {
        setting.names().any(|name| {
            self.get(name).is_some()
                || (setting.secret && self.get(&format!("{name}_FILE")).is_some())
        })
    }

    /// Sets a setting that has no value, where a program's default differs.
    pub fn set_default(&mut self, setting: &Setting, value: impl Into<OsString>) {
        if !self.has(setting) {
            self.set(setting.name, value);
        }
    }

    /// The value of a variable, unless it is unset or empty.
    fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|v| !v.is_empty())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        }
    }
}

/// Names only: values may be secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

/// A setting: the variable that carries it, and what the documentation says of it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The variable.
    pub name: &'static str,
    /// Other variables that mean the same, for deployments of earlier versions.
    pub aliases: &'static [&'static str],
    /// What applies when the variable is unset.
    pub default: Fallback,
    /// What it sets, in a sentence of Markdown.
    pub meaning: &'static str,
    /// Whether the value is confidential, and may come from a file named by `NAME_FILE`.
    pub secret: bool,
}

/// What applies when a setting's variable is unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// This value.
    Value(&'static str),
    /// Nothing: the setting is optional. The text tells what happens then.
    Nothing(&'static str),
    /// The program does not start.
    Refusal,
}

impl Setting {
    /// A setting with a default value.
    pub const fn new(name: &'static str, default: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            default: Fallback::Value(default),
            meaning,
            secret: false,
        }
    }

    /// A setting that may be absent; `absent` tells in a few words what happens then.
    pub const fn optional(name: &'static str, absent: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            default: Fallback::Nothing(absent),
            meaning,
            secret: false,
        }
    }

    /// A setting without which the program does not start.
    pub const fn required(name: &'static str, meaning: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            default: Fallback::Refusal,
            meaning,
            secret: false,
        }
    }

    /// All variables that may carry it.
    fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// The same setting, confidential.
    pub const fn secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }

    /// The same setting under other names too.
    pub const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

/// A confidential text. It can be used, but not printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps a confidential text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything that is wrong with the environment, a sentence for each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct EnvironmentError {
    /// The sentences, each naming its variable.
    pub mistakes: Vec<String>,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("\n"))
    }
}

/// A type that a variable's text can be read as.
pub trait Value: Sized {
    /// What a good text looks like, to follow "must be".
    const EXPECTED: &'static str;

    /// Reads the text; `None` when it is not as expected.
    fn parse(text: &str) -> Option<Self>;
}

impl Value for String {
    const EXPECTED: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Value for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        }
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            const EXPECTED: &'static str = "a whole number";

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}
whole_numbers!(u16, u32, u64, usize);

impl Value for IpAddr {
    const EXPECTED: &'static str = "an IP address such as 0.0.0.0, 127.0.0.1 or ::";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// An address and a port, or `None` for `off`.
impl Value for Option<SocketAddr> {
    const EXPECTED: &'static str = "an IP address with a port such as 0.0.0.0:9090, or off";

    fn parse(text: &str) -> Option<Self> {
        if text == "off" {
            Some(None)
        } else {
            text.parse().ok().map(Some)
        }
    }
}

impl Value for Duration {
    const EXPECTED: &'static str = "a time with its unit, such as 500ms, 20s, 5m or 1h";

    fn parse(text: &str) -> Option<Self> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().ok()?;
        match unit {
            "ms" => Some(Self::from_millis(number)),
            "s" => Some(Self::from_secs(number)),
            "m" => number.checked_mul(60).map(Self::from_secs),
            "h" => number.checked_mul(60 * 60).map(Self::from_secs),
            "" if number == 0 => Some(Self::ZERO),
            _ => None,
        }
    }
}

impl Value for Vec<IpNet> {
    const EXPECTED: &'static str =
        "a comma-separated list of networks such as 10.0.0.0/8,fd00::/8,192.0.2.7";

    fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(|entry| {
                entry
                    .parse()
                    .ok()
                    .or_else(|| entry.parse::<IpAddr>().ok().map(IpNet::from))
            })
            .collect()
    }
}

/// The scheme, host and port of a URL, as text without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(pub String);

impl Value for BaseUrl {
    const EXPECTED: &'static str = "a URL without a path, such as https://todo.example.org";

    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let authority = uri
            .authority()
            .filter(|authority| !authority.as_str().contains('@'))?;
        let bare = uri.path() == "/" && uri.query().is_none() && !text.contains('#');
        bare.then(|| {
            Self(format!(
                "{scheme}://{}",
                authority.as_str().to_ascii_lowercase()
            ))
        })
    }
}

/// Reads settings and remembers what was wrong with them.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    /// Notes a mistake: `what` follows the variable's name, as in "must not be empty".
    pub fn reject(&mut self, setting: &Setting, what: impl fmt::Display) {
        self.mistakes.push(format!("{} {what}.", setting.name));
    }

    /// The value, or its default.
    pub fn get<T: Value>(&mut self, setting: &Setting) -> T {
        self.optional(setting).unwrap_or_else(|| default(setting))
    }

    /// The value, which must lie in a range, or its default.
    pub fn get_in<T>(&mut self, setting: &Setting, range: RangeInclusive<T>) -> T
    where
        T: Value + PartialOrd + fmt::Debug,
    {
        let value = self.get(setting);
        if range.contains(&value) {
            return value;
        }
        let (least, most) = range.into_inner();
        self.reject(
            setting,
            format_args!("must be from {least:?} to {most:?}, not {value:?}"),
        );
        default(setting)
    }

    /// The value, if there is one.
    pub fn optional<T: Value>(&mut self, setting: &Setting) -> Option<T> {
        let text = self.text(setting)?;
        let value = T::parse(text.trim());
        if value.is_none() {
            if setting.secret {
                self.reject(setting, format_args!("must be {}", T::EXPECTED));
            } else {
                self.reject(
                    setting,
                    format_args!("is {text:?}, but must be {}", T::EXPECTED),
                );
            }
        }
        value
    }

    /// A confidential value, if there is one.
    pub fn secret(&mut self, setting: &Setting) -> Option<Secret> {
        self.text(setting).map(Secret)
    }

    /// The setting's text from whichever of its variables holds it. Two that differ are a mistake.
    fn text(&mut self, setting: &Setting) -> Option<String> {
        let mut found: Option<(String, String)> = None;
        for name in setting.names() {
            let file = format!("{name}_FILE");
            let value = self.variable(name).map(|text| (name.to_owned(), text));
            let content = setting.secret.then(|| self.file(&file)).flatten();
            for (name, text) in value.into_iter().chain(content.map(|text| (file, text))) {
                match &found {
                    Some((other, earlier)) if *earlier != text => self.mistakes.push(format!(
                        "{other} and {name} are set to different values for the same setting. \
                         Remove one of them."
                    )),
                    Some(_) => {}
                    None => found = Some((name, text)),
                }
            }
        }
        found.map(|(_, text)| text)
    }

    fn variable(&mut self, name: &str) -> Option<String> {
        let value = self.environment.get(name)?;
        if value.to_str().is_none() {
            self.mistakes.push(format!("{name} is not valid UTF-8."));
        }
        value.to_str().map(str::to_owned)
    }

    /// The text of the file that a variable names, without its last line break.
    fn file(&mut self, name: &str) -> Option<String> {
        let path = self.environment.get(name)?;
        match std::fs::read_to_string(Path::new(path)) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                let text = text.strip_suffix('\r').unwrap_or(text);
                if text.is_empty() {
                    self.mistakes
                        .push(format!("{name} names the file {path:?}, which is empty."));
                }
                Some(text.to_owned()).filter(|text| !text.is_empty())
            }
            // A Secret that is mounted without this key, which may be missing.
            Err(error) if error.kind() == NotFound && is_in_a_folder(Path::new(path)) => None,
            Err(error) => {
                self.mistakes.push(format!(
                    "{name} names the file {path:?}, which cannot be read: {error}."
                ));
                None
            }
        }
    }
}

fn is_in_a_folder(path: &Path) -> bool {
    path.parent().is_some_and(Path::is_dir)
}

#[expect(
    clippy::panic,
    reason = "a declaration that contradicts itself; tests read every setting"
)]
fn default<T: Value>(setting: &Setting) -> T {
    match setting.default {
        Fallback::Value(text) => T::parse(text),
        Fallback::Nothing(_) | Fallback::Refusal => None,
    }
    .unwrap_or_else(|| panic!("the default of {} must be {}", setting.name, T::EXPECTED))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PORT: Setting = Setting::new("PORT", "8000", "The port.");
    const WAIT: Setting = Setting::new("WAIT", "20s", "How long.");
    const URL: Setting = Setting::required("DATABASE_URL", "Where the database is.")
        .aliases(&["NEON_CONNECTION_STRING"])
        .secret();

    fn read<T>(
        variables: &[(&str, &str)],
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> Result<T, Vec<String>> {
        let environment: Environment = variables.iter().copied().collect();
        environment.read(read).map_err(|error| error.mistakes)
    }

    #[test]
    fn a_variable_that_is_unset_or_empty_means_its_default() {
        assert_eq!(read(&[], |r| r.get::<u16>(&PORT)), Ok(8000));
        assert_eq!(read(&[("PORT", "")], |r| r.get::<u16>(&PORT)), Ok(8000));
        assert_eq!(read(&[("PORT", " 81 ")], |r| r.get::<u16>(&PORT)), Ok(81));
    }

    #[test]
    fn every_mistake_is_told_in_a_sentence_that_names_its_variable() {
        let mistakes = read(&[("PORT", "http"), ("WAIT", "20")], |r| {
            (r.get::<u16>(&PORT), r.get::<Duration>(&WAIT))
        });
        assert_eq!(
            mistakes.unwrap_err(),
            [
                "PORT is \"http\", but must be a whole number.",
                "WAIT is \"20\", but must be a time with its unit, such as 500ms, 20s, 5m or 1h.",
            ]
        );
        assert_eq!(
            read(&[("PORT", "0")], |r| r.get_in::<u16>(&PORT, 1..=65535)).unwrap_err(),
            ["PORT must be from 1 to 65535, not 0."]
        );
        assert_eq!(
            read(&[("WAIT", "2h")], |r| r
                .get_in(&WAIT, Duration::ZERO..=Duration::from_secs(60)))
            .unwrap_err(),
            ["WAIT must be from 0ns to 60s, not 7200s."]
        );
    }

    #[test]
    fn a_program_may_have_its_own_default() {
        let path = [("DATABASE_URL_FILE", "/path")]
            .into_iter()
            .collect::<Environment>();
        for (mut environment, kept) in [(Environment::default(), false), (path, true)] {
            assert_eq!(environment.has(&URL), kept);
            environment.set_default(&URL, "postgres://default");
            assert_eq!(environment.get("DATABASE_URL").is_none(), kept);
        }
    }

    #[test]
    fn times_have_units() {
        let parse = <Duration as Value>::parse;
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("20s"), Some(Duration::from_secs(20)));
        assert_eq!(parse("5m"), Some(Duration::from_secs(300)));
        assert_eq!(parse("1h"), Some(Duration::from_secs(3600)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
        for wrong in [
            "",
            "s",
            "5",
            "-5s",
            "5 s",
            "1d",
            "1.5s",
            "99999999999999999999s",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse("18446744073709551615h"), None);
    }

    #[test]
    fn a_list_of_networks_takes_single_addresses_too() {
        let networks = Vec::<IpNet>::parse("10.0.0.0/8, fd00::/8,192.0.2.7").unwrap();
        assert!(networks[0].contains(&"10.1.2.3".parse::<IpAddr>().unwrap()));
        assert!(networks[2].contains(&"192.0.2.7".parse::<IpAddr>().unwrap()));
        assert!(!networks[2].contains(&"192.0.2.8".parse::<IpAddr>().unwrap()));
        assert_eq!(Vec::<IpNet>::parse("everyone"), None);
    }

    #[test]
    fn a_secret_comes_from_its_variable_an_alias_or_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"postgres://from-file\n").unwrap();
        let path = file.path().to_str().unwrap();
        let url = |variables: &[(&str, &str)]| {
            read(variables, |r| r.secret(&URL)).map(|s| s.map(|s| s.expose().to_owned()))
        };

        assert_eq!(url(&[]), Ok(None));
        assert_eq!(url(&[("DATABASE_URL", "a")]), Ok(Some("a".into())));
        assert_eq!(
            url(&[("NEON_CONNECTION_STRING", "b")]),
            Ok(Some("b".into()))
        );
        assert_eq!(
            url(&[("DATABASE_URL_FILE", path)]),
            Ok(Some("postgres://from-file".into()))
        );
        assert_eq!(
            url(&[("DATABASE_URL", "same"), ("NEON_CONNECTION_STRING", "same")]),
            Ok(Some("same".into()))
        );
        assert_eq!(
            url(&[("DATABASE_URL", "a"), ("NEON_CONNECTION_STRING_FILE", path)]).unwrap_err(),
            [
                "DATABASE_URL and NEON_CONNECTION_STRING_FILE are set to different values for the \
              same setting. Remove one of them."
            ]
        );
        assert_eq!(
            url(&[("DATABASE_URL", "a"), ("DATABASE_URL_FILE", path)])
                .unwrap_err()
                .len(),
            1
        );
        let no_such_key = file.path().with_file_name("no-such-key");
        let no_such_key = no_such_key.to_str().unwrap();
        assert_eq!(url(&[("DATABASE_URL_FILE", no_such_key)]), Ok(None));
        let missing = url(&[("DATABASE_URL_FILE", "/does/not/exist")]).unwrap_err();
        assert!(
            missing[0].starts_with("DATABASE_URL_FILE names the file"),
            "{missing:?}"
        );
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
        let environment: Environment = [("JWT_SECRET", "hunter2")].into_iter().collect();
        assert!(!format!("{environment:?}").contains("hunter2"));
        let wrong: Setting = Setting::new("PIN", "1", "").secret();
        let mistakes = read(&[("PIN", "hunter2")], |r| r.get::<u16>(&wrong)).unwrap_err();
        assert_eq!(mistakes, ["PIN must be a whole number."]);
    }
}
