//! The product as Helm installs it, with the values that a test needs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{Arguments, Result, cluster::run, image::Image, rows::Place};

/// The release of the chart.
pub(crate) struct Release {
    namespace: String,
    chart: PathBuf,
    values: Value,
}

impl Release {
    /// A release that uses the database on this machine's port.
    pub(crate) fn new(arguments: &Arguments, place: &Place, database_port: u16) -> Self {
        let image = json!({"tag": arguments.tag});
        let named = |image: &Image| json!({"repository": image.repository, "tag": image.tag});
        // On one node there has to be room for several installations.
        let (node, resources) = match &place.node {
            Some(node) => (
                json!({"kubernetes.io/hostname": node}),
                json!({"requests": {"cpu": "10m"}}),
            ),
            None => (json!({}), json!({})),
        };
        Self {
            namespace: place.namespace.clone(),
            chart: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../helm/todo-app"),
            values: json!({
                "global": {"host": place.host},
                "tls": {"source": "self-signed"},
                "frontend": {"image": image, "nodeSelector": node, "resources": resources},
                "backend": {
                    "image": image,
                    "nodeSelector": node,
                    "resources": resources,
                    "jwtSecret": {"generate": true},
                    "database": {"image": named(&arguments.database_image)},
                    "config": {
                        // Everybody of a test comes from one address.
                        "SIGN_UP_LIMIT": "100000",
                        "PASSWORD_LIMIT_PER_ADDRESS": "100000",
                    },
                    "networkPolicy": {"egress": {
                        "database": [{"cidr": "0.0.0.0/0", "ports": [database_port]}],
                    }},
                },
                "logs": {
                    "loki": {"image": named(&arguments.loki_image)},
                    "shipper": {"image": named(&arguments.shipper_image)},
                },
            }),
        }
    }

    /// `helm upgrade --install`, and waits until everything is ready.
    pub(crate) async fn upgrade(&self, settings: &[&str]) -> Result<String> {
        let mut arguments = vec!["--wait", "--timeout=180s"];
        arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
        self.helm("upgrade --install todo", &arguments).await
    }

    /// An upgrade to the same chart, packaged as another version.
    pub(crate) async fn upgrade_to_version(&self, version: &str, settings: &[&str]) -> Result {
        let folder = tempfile::tempdir()?;
        let chart = self.chart.display().to_string();
        let folder_name = folder.path().display().to_string();
        let package = [
            "package",
            &chart,
            "--version",
            version,
            "--destination",
            &folder_name,
        ];
        run("helm", &package).await?;
        let packaged = Self {
            namespace: self.namespace.clone(),
            chart: folder.path().join(format!("todo-app-{version}.tgz")),
            values: self.values.clone(),
        };
        packaged.upgrade(settings).await?;
        Ok(())
    }

    /// A command of Helm that takes the chart and its values.
    pub(crate) async fn helm(&self, command: &str, more: &[&str]) -> Result<String> {
        let file = tempfile::Builder::new().suffix(".json").tempfile()?;
        std::fs::write(file.path(), self.values.to_string())?;
        let values = format!("--values={}", file.path().display());
        let namespace = format!("--namespace={}", self.namespace);
        let chart = self.chart.display().to_string();
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.extend([chart.as_str(), &namespace, &values]);
        arguments.extend(more);
        run("helm", &arguments).await
    }

    /// A command of Helm about the release alone.
    pub(crate) async fn about(&self, command: &str) -> Result<String> {
        let namespace = format!("--namespace={}", self.namespace);
        let mut arguments: Vec<&str> = command.split(' ').collect();
        arguments.push(&namespace);
        run("helm", &arguments).await
    }
}
