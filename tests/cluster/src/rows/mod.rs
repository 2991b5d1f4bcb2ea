//! The rows of the table: each proves one promise.

mod changes;
mod data;
mod install;
mod kustomize;
mod logs;
mod network;
mod nodes;
mod scaling;

use std::{future::Future, net::IpAddr, pin::Pin, time::Duration};

use serde_json::json;

use crate::{
    Arguments, Result,
    cluster::{Kubectl, run, text},
    database::Database,
    image::Image,
    release::Release,
    site::Site,
};

/// A promise and its proof.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) promise: &'static str,
    /// Says what was seen.
    pub(crate) prove: for<'a> fn(&'a mut Stage) -> Proof<'a>,
}

type Proof<'a> = Pin<Box<dyn Future<Output = Result<String>> + 'a>>;

macro_rules! rows {
    ($($name:literal, $promise:literal, $module:ident :: $function:ident;)*) => {
        /// All rows, in an order in which each finds what it needs.
        pub(crate) const ALL: &[Row] = &[$(Row {
            name: $name,
            promise: $promise,
            prove: |stage| Box::pin($module::$function(stage)),
        }),*];
    };
}

rows! {
    "refusal", "A missing Secret is named before anything is made", install::refuses_without_secrets;
    "install", "helm install on an empty, restricted namespace: ready within 60 s", install::installs;
    "startup", "Started to Ready ≤ 2 s, scheduled to Ready ≤ 6 s", install::starts_quickly;
    "helm-test", "helm test passes", install::passes_its_own_test;
    "update", "Rolling update under load: zero failed requests", changes::rolling_update;
    "scale", "Scale 2→5→2 under load: zero failed requests", changes::scale;
    "rollback", "Upgrade to another packaged version and rollback under load: zero failed requests, Secrets and certificate unchanged", changes::rollback;
    "delete-pod", "kubectl delete pod under load: zero failed requests", changes::delete_pod;
    "scale-then-upgrade", "kubectl scale, then helm upgrade: works or says what to do", changes::scale_then_upgrade;
    "sigkill", "SIGKILL of a container: failures end within 5 s, one retry succeeds", changes::sigkill;
    "drain", "Drain of a node under load: zero failed requests; then a pod on each node again", nodes::drain;
    "kubelet", "Death of a kubelet under load: zero failed requests", nodes::dead_kubelet;
    "database-down", "Database down for 30 s: our own 503, no restart, recovery, nothing lost", data::database_down;
    "backend-down", "Backend down: the page says so", data::backend_down;
    "backup", "Backup, drop, restore: every task is there again", data::backup;
    "rotation", "Rotation of the JWT secret in three upgrades under load: no 401", data::rotation;
    "network-policy", "Pods reach only whom they have to, each with its positive control", network::policies;
    "gateway", "The same chart through an HTTPRoute", network::gateway;
    "hpa", "HPA switched on under load: 2 stay available, it scales up and back", scaling::autoscaling;
    "small", "A pod with 1/8 of the limits still serves", scaling::small;
    "usage", "Memory and CPU of each pod under load", scaling::usage;
    "kustomize-dev", "The overlay dev, with its own database: ready and serves", kustomize::dev;
    "kustomize-prod", "The overlay prod: ready and serves", kustomize::prod;
    "idle", "Five minutes without users: no statement reaches the database", data::idle;
    "logs", "The log aggregation: one query follows a request from the Ingress to its statements", logs::follows_a_request;
}

/// Rows that are proved only when they are named.
pub(crate) const ON_DEMAND: [&str; 1] = ["logs"];

/// A node of the cluster.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
}

/// What the rows have in common.
pub(crate) struct Stage {
    pub(crate) kubectl: Kubectl,
    pub(crate) database: Database,
    pub(crate) release: Release,
    /// The product, by the Ingress of the node that stays.
    pub(crate) site: Site,
    /// The node that is emptied and killed.
    pub(crate) other: Node,
    node_control: Option<String>,
    pub(crate) tag: String,
    pub(crate) database_image: Image,
    pub(crate) loki_image: Image,
    pub(crate) shipper_image: Image,
}

/// The namespace whose pods no policy holds back, to try a probe from.
pub(crate) const STRANGERS: &str = "todo-strangers";

impl Stage {
    /// Starts the database and empties the namespace.
    pub(crate) async fn set(arguments: &Arguments) -> Result<Self> {
        let kubectl = Kubectl {
            namespace: arguments.namespace.clone(),
        };
        let mut nodes = kubectl.list("nodes").await?.into_iter().filter_map(|node| {
            let addresses = node["status"]["addresses"].as_array()?;
            let internal = addresses.iter().find(|it| it["type"] == "InternalIP")?;
            Some(Node {
                name: text(&node, "/metadata/name").to_owned(),
                address: internal["address"].as_str()?.parse().ok()?,
            })
        });
        let (Some(stays), Some(other)) = (nodes.next(), nodes.next()) else {
            return Err("the cluster needs two nodes, one to empty and one that stays".into());
        };
        let database = Database::start(&arguments.host_name).await?;
        database.program("createdb", &["todo"])?;
        let stage = Self {
            site: Site::behind(stays.address)?,
            release: Release::new(arguments, database.port),
            node_control: arguments.node_control.clone(),
            tag: arguments.tag.clone(),
            database_image: arguments.database_image.clone(),
            loki_image: arguments.loki_image.clone(),
            shipper_image: arguments.shipper_image.clone(),
            kubectl,
            database,
            other,
        };
        stage.empty().await?;
        if !arguments.rows.is_empty() {
            // Single rows start from an installation.
            stage.make_secrets().await?;
            stage.release.upgrade(&[]).await?;
        }
        Ok(stage)
    }

    /// An empty namespace that enforces the `restricted` Pod Security Standard.
    pub(crate) async fn empty(&self) -> Result {
        for namespace in [self.kubectl.namespace.as_str(), STRANGERS] {
            let delete = [
                "delete",
                "namespace",
                namespace,
                "--ignore-not-found",
                "--timeout=120s",
            ];
            run("kubectl", &delete).await?;
            self.kubectl
                .run(&format!("create namespace {namespace}"))
                .await?;
            self.kubectl
                .run(&format!(
                    "label namespace {namespace} pod-security.kubernetes.io/enforce=restricted"
                ))
                .await?;
        }
        Ok(())
    }

    /// The Secrets that an operator makes; the certificate is the chart's own.
    pub(crate) async fn make_secrets(&self) -> Result {
        let url = self.database.url("todo");
        self.set_secret(
            "database-url",
            &json!({"url": url, "direct-url": url, "ca.crt": self.database.certificate}),
        )
        .await?;
        self.set_secret("jwt-secret", &json!({"secret": random_secret()}))
            .await
    }

    /// Makes a Secret, or gives it this content alone.
    pub(crate) async fn set_secret(&self, name: &str, content: &serde_json::Value) -> Result {
        let kind = if content["tls.crt"].is_null() {
            "Opaque"
        } else {
            "kubernetes.io/tls"
        };
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": kind,
            "metadata": {"name": name},
            "stringData": content,
        });
        self.kubectl
            .run(&format!("delete secret {name} --ignore-not-found"))
            .await?;
        self.kubectl.apply(&secret.to_string()).await
    }

    /// Stops or starts the kubelet of the other node.
    pub(crate) async fn control_node(&self, what: &str) -> Result {
        match &self.node_control {
            Some(command) => run(command, &[what, &self.other.name]).await?,
            None => {
                let command = format!("sudo systemctl {what} kubelet");
                run("minikube", &["ssh", "--node", &self.other.name, &command]).await?
            }
        };
        Ok(())
    }

    /// Waits until both Deployments have this many pods that are ready.
    pub(crate) async fn ready(&self, count: usize) -> Result {
        for name in ["todo-backend", "todo-frontend"] {
            let what = format!("{count} pods of {name} are ready");
            crate::cluster::until(&what, Duration::from_secs(120), async || {
                let pods = self.kubectl.pods(name).await?;
                Ok(pods.len() == count && pods.iter().all(crate::cluster::is_ready))
            })
            .await?;
        }
        Ok(())
    }
}

/// A secret for JWTs.
pub(crate) fn random_secret() -> String {
    format!(
        "{:032x}{:032x}",
        rand::random::<u128>(),
        rand::random::<u128>()
    )
}
