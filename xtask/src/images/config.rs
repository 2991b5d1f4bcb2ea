//! The configuration of an image, as Docker and the OCI write it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The file that an archive names as `Config`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct File {
    /// The processor that the programs are for.
    #[serde(default)]
    pub(super) architecture: String,
    /// What a container is started with.
    #[serde(default)]
    pub(super) config: Config,
}

/// What a container is started with.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    /// `user` or `user:group`, names or numbers; root if empty.
    pub(super) user: String,
    /// `port/protocol`.
    #[serde(deserialize_with = "or_default")]
    pub(super) exposed_ports: BTreeMap<String, serde_json::Value>,
    /// `NAME=value`.
    #[serde(deserialize_with = "or_default")]
    pub(super) env: Vec<String>,
    /// The program, with the arguments that it always gets.
    #[serde(deserialize_with = "or_default")]
    pub(super) entrypoint: Vec<String>,
    /// The further arguments, unless the container names others.
    #[serde(deserialize_with = "or_default")]
    pub(super) cmd: Vec<String>,
    /// The working directory, `/` if empty.
    pub(super) working_dir: String,
    /// Facts for people and tools.
    #[serde(deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, String>,
    /// How Docker asks whether the program is well; Kubernetes has its own probes.
    pub(super) healthcheck: Option<Healthcheck>,
}

/// How Docker asks whether the program is well. Times are in nanoseconds.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Healthcheck {
    /// `CMD` and the command.
    pub(super) test: Vec<String>,
    /// The time between two checks.
    pub(super) interval: u64,
    /// The most time of one.
    pub(super) timeout: u64,
    /// How long it may fail after the start.
    pub(super) start_period: u64,
}

impl Config {
    /// The working directory.
    pub(super) fn directory(&self) -> &str {
        if self.working_dir.is_empty() {
            "/"
        } else {
            &self.working_dir
        }
    }

    /// The user and the group, if both are numbers.
    pub(super) fn ids(&self) -> Option<(u32, u32)> {
        let (user, group) = self.user.split_once(':')?;
        Some((user.parse().ok()?, group.parse().ok()?))
    }
}

/// What is empty may also be written `null`.
fn or_default<'de, T: Deserialize<'de> + Default, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
