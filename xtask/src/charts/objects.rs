//! Kubernetes objects as Helm and Kustomize render them.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    Result,
    process::{output, root},
};

/// An object of the Kubernetes API.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object(pub(super) Value);

impl Object {
    /// What lies at a JSON pointer; null if nothing does.
    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer; empty if there is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Whether Helm makes it for a moment of its own instead of keeping it in the release.
    pub(super) fn is_hook(&self) -> bool {
        !self.at("/metadata/annotations/helm.sh~1hook").is_null()
    }

    /// The labels of the object, or of the pods that it makes.
    pub(super) fn pod(&self) -> Option<Self> {
        let (spec, metadata) = match self.kind() {
            "Pod" => ("/spec", "/metadata"),
            "Deployment" | "StatefulSet" | "DaemonSet" => {
                ("/spec/template/spec", "/spec/template/metadata")
            }
            _ => return None,
        };
        Some(Self(serde_json::json!({
            "kind": "Pod",
            "metadata": self.at(metadata),
            "spec": self.at(spec),
        })))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind(), self.name())
    }
}

/// The objects of a stream of YAML documents.
pub(super) fn objects(yaml: &str) -> Result<Vec<Object>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(yaml)?;
    Ok(documents.into_iter().map(Object).collect())
}

/// The folder of the chart.
pub(super) fn chart() -> PathBuf {
    root().join("helm/todo-app")
}

/// A way to run the product, which Helm and Kustomize both know.
pub(super) struct Variant {
    pub(super) name: &'static str,
    /// Arguments of `helm template`; a values file by its name in the chart.
    values: &'static [&'static str],
    overlay: Overlay,
}

enum Overlay {
    /// Folders of `kustomize/overlays`.
    Committed(&'static [&'static str]),
    /// Made for the check: base and these components.
    Of(&'static [&'static str]),
}

impl Variant {
    pub(super) const ALL: [Self; 4] = [
        Self {
            name: "dev",
            values: &["--values=values-dev.yaml"],
            overlay: Overlay::Committed(&["dev"]),
        },
        Self {
            name: "prod",
            values: &["--values=values-prod.yaml"],
            overlay: Overlay::Committed(&["prod"]),
        },
        Self {
            name: "prod and logs",
            values: &["--values=values-prod.yaml", "--set=logs.enabled=true"],
            overlay: Overlay::Committed(&["prod", "logs"]),
        },
        Self {
            name: "gateway and model",
            values: &[
                "--set=ingress.enabled=false",
                "--set=httpRoute.enabled=true",
                "--set=httpRoute.gateway.create=true",
                "--set=httpRoute.gateway.className=traefik",
                "--set=backend.model.secretName=model-api-key",
            ],
            overlay: Overlay::Of(&["gateway", "network-policy", "model"]),
        },
    ];

    /// With the assistant of kagent, and the folder of `aiops/kagent` that makes the same one.
    pub(super) const KAGENT: [(Self, &'static str); 2] = [
        (
            Self {
                name: "kagent 0.10",
                values: &["--set=kagent.enabled=true"],
                overlay: Overlay::Of(&["ingress", "network-policy", "kagent"]),
            },
            "v0",
        ),
        (
            Self {
                name: "kagent 1.0",
                values: &[
                    "--set=kagent.enabled=true",
                    "--set-string=kagent.version=1.0",
                ],
                overlay: Overlay::Of(&["ingress", "network-policy", "kagent"]),
            },
            "v1",
        ),
    ];

    /// What `helm template` prints.
    pub(super) fn by_helm(&self) -> Result<String> {
        output(
            Command::new("helm")
                .args(["template", "todo", ".", "--namespace=todo-app"])
                .args(self.values)
                .current_dir(chart()),
        )
    }

    /// What `kustomize build` prints.
    pub(super) fn by_kustomize(&self) -> Result<String> {
        match self.overlay {
            Overlay::Committed(names) => {
                let overlays = root().join("kustomize/overlays");
                let built = names.iter().map(|name| build(&overlays.join(name)));
                Ok(built.collect::<Result<Vec<_>>>()?.join("---\n"))
            }
            Overlay::Of(components) => {
                // Resources are named by a way from the overlay, so it has to lie beside them.
                let overlays = root().join("kustomize/overlays");
                let folder = tempfile::Builder::new()
                    .prefix(".check-")
                    .tempdir_in(overlays)?;
                fs::write(
                    folder.path().join("kustomization.yaml"),
                    overlay(components),
                )?;
                build(folder.path())
            }
        }
    }
}

/// What `kustomize build` prints of a folder.
pub(super) fn build(folder: &Path) -> Result<String> {
    output(Command::new("kustomize").arg("build").arg(folder))
}

fn overlay(components: &[&str]) -> String {
    let components: String = components
        .iter()
        .map(|name| format!("  - ../../components/{name}\n"))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "kind: Kustomization\nnamespace: todo-app\nresources:\n  - ../../base\n\
         components:\n{components}\
         images:\n  - name: todo-backend\n    newTag: {version}\n\
         \x20 - name: todo-frontend\n    newTag: {version}\n"
    )
}
