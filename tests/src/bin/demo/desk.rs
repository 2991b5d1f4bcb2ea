//! Where the commands of the film are typed: a folder with what an operator has at hand, and a
//! namespace of its own that a kubeconfig of its own leads to.

use std::{fs, os::unix::fs::symlink, path::Path, process::Stdio};

use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{Arguments, HOST};

/// The folder.
pub(crate) struct Desk {
    folder: TempDir,
    namespace: String,
}

impl Desk {
    /// Lays everything out, and empties the namespace.
    pub(crate) async fn set(arguments: &Arguments) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in ["aiops", "helm"] {
            let there = root.join(name).canonicalize().expect("the sources");
            symlink(there, folder.path().join(name)).expect("a link");
        }
        let database = arguments.database_image.rsplit_once(':');
        let (repository, tag) = database.expect("an image with a tag");
        let values = json!({
            "global": {"host": HOST},
            "frontend": {"image": {"tag": arguments.tag}},
            "backend": {
                "image": {"tag": arguments.tag},
                "database": {"image": {"repository": repository, "tag": tag}},
            },
        });
        // YAML takes JSON as it is.
        fs::write(folder.path().join("mine.yaml"), values.to_string()).expect("a file");

        let desk = Self {
            folder,
            namespace: arguments.namespace.clone(),
        };
        let config = Command::new("kubectl")
            .args(["config", "view", "--minify", "--flatten", "--raw"])
            .output();
        let config = config.await.expect("kubectl").stdout;
        fs::write(desk.folder.path().join("kubeconfig"), config).expect("a file");
        desk.clear().await;
        let namespace = &desk.namespace;
        desk.output(&format!("kubectl create namespace {namespace}"))
            .await;
        let standard = "pod-security.kubernetes.io/enforce=restricted";
        desk.output(&format!("kubectl label namespace {namespace} {standard}"))
            .await;
        let default = "kubectl config set-context --current --namespace";
        desk.output(&format!("{default} {namespace}")).await;
        desk
    }

    /// Deletes the namespace, with all that is in it.
    pub(crate) async fn clear(&self) {
        let delete = "kubectl delete namespace --ignore-not-found --wait";
        self.output(&format!("{delete} {}", self.namespace)).await;
    }

    /// A command for the shell, to be typed here.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(self.folder.path())
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("NAMESPACE", &self.namespace)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// What a command prints, which has to end well.
    pub(crate) async fn output(&self, line: &str) -> String {
        let output = self.command(line).output().await.expect("bash");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until a command ends well.
    pub(crate) async fn until(&self, line: &str) {
        for _ in 0..120 {
            if self
                .command(line)
                .output()
                .await
                .expect("bash")
                .status
                .success()
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        panic!("waited in vain for: {line}");
    }
}
