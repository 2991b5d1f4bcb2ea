//! `cargo xtask cluster skills`: what the skills make of three specifications, on the cluster that
//! KUBECONFIG names: installed, changed, brought back and removed by the scripts that they make.
//!
//! The applications do not exist: a web server of Debian's that answers their probes stands in for
//! each service.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use super::images;
use crate::{
    Result,
    buildah::Store,
    process::{output, root, run, target},
    skills::SPECIFICATIONS,
    tools,
};

/// Begins the names of the namespaces, so that nobody's own is touched.
const PREFIX: &str = "skills";

/// One application while it is proved.
struct Application {
    specification: Value,
    /// Where its files are made.
    folder: PathBuf,
    namespace: String,
}

/// Fails when something does not serve.
pub(super) fn prove() -> Result {
    tools::on_path(&["helm", "kubectl"])?;
    tools::python()?;
    let store = Store::new()?;
    let system = store.folder("system")?.join("root.tar");
    images::debian("busybox-static", &system)?;
    for name in SPECIFICATIONS {
        println!("── {name}");
        let folder = tempfile::tempdir()?;
        let application = Application::make(name, folder.path())?;
        application.load_images(&store, &system)?;
        application.create_namespace()?;
        let outcome = application
            .with_helm()
            .and_then(|()| application.with_kustomize());
        application.delete_namespace()?;
        outcome.map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

impl Application {
    /// Runs every skill whose output belongs on a cluster.
    fn make(name: &str, folder: &Path) -> Result<Self> {
        let file = root().join("tests/skills/specifications").join(name);
        let text = fs::read_to_string(file.with_extension("json"))?;
        let mut specification: Value = serde_json::from_str(&text)?;
        let namespace = format!("{PREFIX}-{name}");
        specification["namespace"] = json!(namespace);
        specification["host"] = json!(format!("{name}.{PREFIX}.local"));
        // Its environments have namespaces of their own.
        specification["environments"] = json!({"prod": {"namespace": namespace}});
        let file = folder.join("application.json");
        fs::write(&file, specification.to_string())?;
        for (skill, made) in [
            ("helm-chart-generation", "chart"),
            ("helm-chart", "release"),
            ("k8s-manifest-generation", "kustomize/base"),
            ("multi-environment", "."),
            ("kubernetes-deployment", "deploy"),
            ("rollback-strategy", "rollback"),
        ] {
            let script = root()
                .join("skills")
                .join(skill)
                .join("scripts/generate.py");
            output(
                Command::new("python3")
                    .args(["-B".as_ref(), script.as_os_str(), file.as_os_str()])
                    .arg("--out")
                    .arg(folder.join(made)),
            )?;
        }
        Ok(Self {
            specification,
            folder: folder.to_owned(),
            namespace,
        })
    }

    fn services(&self) -> impl Iterator<Item = &Value> {
        self.specification["services"]
            .as_array()
            .into_iter()
            .flatten()
    }

    fn text<'a>(value: &'a Value, field: &str, default: &'a str) -> &'a str {
        value[field].as_str().unwrap_or(default)
    }

    /// Builds a stand-in for each service, under the name of its image.
    fn load_images(&self, store: &Store, system: &Path) -> Result {
        let application = &self.specification;
        let (name, version) = (
            Self::text(application, "name", ""),
            Self::text(application, "version", ""),
        );
        let registry = match Self::text(application, "registry", "") {
            "" => String::new(),
            registry => format!("{registry}/"),
        };
        let mut archives = Vec::new();
        for service in self.services() {
            let full = format!("{name}-{}", Self::text(service, "name", ""));
            let context = store.folder(&full)?;
            fs::copy(system, context.join("root.tar"))?;
            for (probe, path) in [("live", "livez"), ("ready", "readyz")] {
                let path = Self::text(service, probe, path).trim_start_matches('/');
                let page = context.join("www").join(path);
                fs::create_dir_all(&page)?;
                fs::write(page.join("index.html"), "good\n")?;
            }
            // What comes before the server starts has nothing to do.
            let serve = format!(
                "case $0 in migrate) ;; *) exec busybox httpd -f -p {} -h /www ;; esac",
                service["port"]
            );
            let dockerfile = format!(
                "FROM scratch\nADD root.tar /\nCOPY www /www\nENTRYPOINT {}\n",
                json!(["busybox", "sh", "-c", serve])
            );
            fs::write(context.join("Dockerfile"), dockerfile)?;
            let image = format!("{registry}{full}:{version}");
            run(store.bud(&image).arg("--quiet").arg(&context))?;
            fs::create_dir_all(target())?;
            let archive = target().join(format!("{full}.tar"));
            store.write(&image, &archive)?;
            archives.push(archive);
        }
        images::load(&archives)
    }

    fn kubectl(&self, arguments: &[&str]) -> Result {
        run(Command::new("kubectl")
            .args(["--namespace", &self.namespace])
            .args(arguments))
    }

    fn create_namespace(&self) -> Result {
        self.delete_namespace()?;
        self.kubectl(&["create", "namespace", &self.namespace])?;
        self.kubectl(&[
            "label",
            "namespace",
            &self.namespace,
            "pod-security.kubernetes.io/enforce=restricted",
        ])?;
        let secrets = self
            .services()
            .flat_map(|service| service["secrets"].as_array().into_iter().flatten());
        for secret in secrets {
            let value = format!("--from-literal={}=secret", Self::text(secret, "key", ""));
            let name = Self::text(secret, "name", "");
            self.kubectl(&["create", "secret", "generic", name, &value])?;
        }
        Ok(())
    }

    fn delete_namespace(&self) -> Result {
        self.kubectl(&["delete", "namespace", &self.namespace, "--ignore-not-found"])
    }

    /// A script that a skill made.
    fn script(&self, script: &str, arguments: &[&str]) -> Result {
        run(Command::new(self.folder.join(script))
            .args(arguments)
            .current_dir(&self.folder))
    }

    fn with_helm(&self) -> Result {
        self.script("release/release.sh", &["--dry-run", "chart"])?;
        self.script("release/release.sh", &["chart"])?;
        let values = ["chart", "--values", "helm/values-prod.yaml"];
        self.script("release/release.sh", &values)?;
        self.script("rollback/rollback.sh", &["--dry-run"])?;
        self.script("rollback/rollback.sh", &[])?;
        self.script("release/remove.sh", &[])?;
        self.script("release/remove.sh", &["--yes"])
    }

    fn with_kustomize(&self) -> Result {
        self.script("deploy/deploy.sh", &["--dry-run", "kustomize/base"])?;
        self.script("deploy/deploy.sh", &["kustomize/base"])?;
        self.script("deploy/deploy.sh", &["kustomize/overlays/prod"])?;
        // Something that only a second version has.
        for service in self.services() {
            let name = Self::text(service, "name", "");
            let deployment = format!(
                "deployment/{}-{name}",
                Self::text(&self.specification, "name", "")
            );
            self.kubectl(&["rollout", "restart", &deployment])?;
            self.kubectl(&["rollout", "status", &deployment, "--timeout=300s"])?;
            self.script("rollback/rollback.sh", &[name])?;
        }
        self.script("deploy/remove.sh", &[])?;
        self.script("deploy/remove.sh", &["--yes"])
    }
}
