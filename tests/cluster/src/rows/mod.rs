//! The rows of the table: each proves one promise.

mod browser;
mod changes;
mod data;
mod install;
mod kustomize;
mod logs;
mod network;
mod nodes;
mod outside;
mod scaling;
mod slow;

use std::{future::Future, net::IpAddr, pin::Pin, time::Duration};

use serde_json::json;

use crate::{
    Arguments, Result,
    cluster::{Kubectl, is_ready, run, text, until},
    database::Database,
    image::Image,
    release::Release,
    site::Site,
};

/// How long the Ingress may take to learn of pods.
const REACHED: Duration = Duration::from_secs(30);

/// How long a pod may take to go, which accepts requests while they come.
const GONE: Duration = Duration::from_secs(90);

/// The host of the main installation.
const HOST: &str = "todo.local";

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
        &[$(Row {
            name: $name,
            promise: $promise,
            prove: |stage| Box::pin($module::$function(stage)),
        }),*]
    };
}

/// The first rows, which measure and so have the cluster for themselves, in an order in which each
/// finds what it needs. The last of the lanes goes on with their installation.
pub(crate) const FIRST: &[Row] = rows! {
    "refusal", "A missing Secret is named before anything is made", install::refuses_without_secrets;
    "install", "helm install on an empty, restricted namespace: ready within 60 s", install::installs;
    "startup", "Started to Ready ≤ 2 s, scheduled to Ready ≤ 6 s", install::starts_quickly;
    "helm-test", "helm test passes", install::passes_its_own_test;
};

/// Rows that follow each other on an installation of their own, while those of other lanes do on
/// theirs: most of their time is waiting. Only one lane beside the main one makes a full load.
pub(crate) struct Lane {
    /// Makes its namespace and host its own; empty for the lane of the main installation.
    pub(crate) name: &'static str,
    pub(crate) rows: &'static [Row],
}

/// The lane that may do to the cluster what it likes. The pods of all others are on the node that
/// stays.
pub(crate) const MAIN: Lane = Lane {
    name: "",
    rows: rows! {
        "browser", "The browser story of the app, with and without scripts", browser::story;
        "update", "Rolling update under load: zero failed requests", changes::rolling_update;
        "scale", "Scale 2→5→2 under load: zero failed requests", changes::scale;
        "rollback", "Upgrade to another packaged version, whose image has one more migration, and rollback, under load: zero failed requests, the old image serves on the new schema, Secrets and certificate unchanged", changes::rollback;
        "delete-pod", "kubectl delete pod under load: zero failed requests", changes::delete_pod;
        "scale-then-upgrade", "kubectl scale, then helm upgrade: works or says what to do", changes::scale_then_upgrade;
        "sigkill", "SIGKILL of a container: failures end within 5 s, one retry succeeds", changes::sigkill;
        "drain", "Drain of a node with all pods under load: zero failed requests, the disruption budget holds; then a pod on each node again", nodes::drain;
        "kubelet", "Death of a kubelet under load: zero failed requests", nodes::dead_kubelet;
        "database-down", "Database down for 30 s: our own 503, no restart, recovery, nothing lost", data::database_down;
        "backend-down", "Backend down: the page says so", data::backend_down;
        "backup", "Backup, drop, restore: every task is there again", data::backup;
        "network-policy", "Pods reach only whom they have to, each with its positive control", network::policies;
        "logs", "The log aggregation: one query follows a request from the Ingress to its statements", logs::follows_a_request;
    },
};

/// The other lanes, which are installed before any row is proved beside another.
pub(crate) const BESIDE: &[Lane] = &[
    Lane {
        name: "idle",
        rows: rows! {
            "idle", "Five minutes without users: no statement reaches the database", data::idle;
        },
    },
    Lane {
        name: "rotation",
        rows: rows! {
            "rotation", "Rotation of the JWT secret in three upgrades under load: no 401", data::rotation;
        },
    },
    Lane {
        name: "slow",
        rows: rows! {
            "interrupted", "A turn whose pod dies is shown interrupted, and retry finishes it", slow::interrupted;
            "silent", "A chat stream that is silent for 90 s, behind nginx with its default 60 s timeout", slow::silent;
        },
    },
    Lane {
        name: "various",
        rows: rows! {
            "usage", "Memory and CPU of each pod under load, beside its limits", scaling::usage;
            "small", "A pod with 1/8 of the limits still serves", scaling::small;
            "hpa", "HPA switched on under load: 2 stay available, it scales up and back", scaling::autoscaling;
            "gateway", "The same chart through an HTTPRoute", network::gateway;
            "external-name", "The database named by a Service of type ExternalName", outside::external_name;
            "pooler", "Through PgBouncer in transaction mode, its certificate verified", outside::pooler;
            "kustomize-dev", "The overlay dev, with its own database: ready and serves", kustomize::dev;
            "kustomize-prod", "The overlay prod: ready and serves", kustomize::prod;
        },
    },
];

/// Rows that are proved only when they are named.
pub(crate) const ON_DEMAND: [&str; 1] = ["logs"];

/// A node of the cluster.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: IpAddr,
}

/// Where an installation is.
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) host: String,
    /// The node of its pods, if it matters.
    pub(crate) node: Option<String>,
}

/// What the rows of a lane have in common.
pub(crate) struct Stage {
    pub(crate) kubectl: Kubectl,
    pub(crate) database: Database,
    pub(crate) release: Release,
    /// The product, by the Ingress of the node that stays.
    pub(crate) site: Site,
    pub(crate) host: String,
    /// The node that keeps running.
    pub(crate) stays: Node,
    /// The node that is emptied and killed.
    pub(crate) other: Node,
    node_control: Option<String>,
    pub(crate) tag: String,
    pub(crate) next_tag: Option<String>,
    pub(crate) database_image: Image,
    pub(crate) loki_image: Image,
    pub(crate) shipper_image: Image,
}

impl Stage {
    /// Starts the database of a lane and empties its namespace.
    pub(crate) async fn set(arguments: &Arguments, lane: &Lane) -> Result<Self> {
        let main = &arguments.namespace;
        let [stays, other] = nodes().await?;
        let place = match lane.name {
            "" => Place {
                namespace: main.clone(),
                host: HOST.to_owned(),
                node: None,
            },
            name => Place {
                namespace: format!("{main}-{name}"),
                host: format!("{name}.{HOST}"),
                node: Some(stays.name.clone()),
            },
        };
        let database = Database::start(&arguments.host_name).await?;
        database.program("createdb", &["todo"])?;
        let stage = Self {
            site: Site::behind(stays.address, &place.host)?,
            release: Release::new(arguments, &place, database.port),
            node_control: arguments.node_control.clone(),
            tag: arguments.tag.clone(),
            next_tag: arguments.next_tag.clone(),
            database_image: arguments.database_image.clone(),
            loki_image: arguments.loki_image.clone(),
            shipper_image: arguments.shipper_image.clone(),
            kubectl: Kubectl {
                namespace: place.namespace,
            },
            host: place.host,
            database,
            stays,
            other,
        };
        stage.empty().await?;
        // The main lane's first rows install the product themselves, unless only some are named.
        if !lane.name.is_empty() || !arguments.rows.is_empty() {
            stage.make_secrets().await?;
            stage.release.upgrade(&[]).await?;
            stage.reached().await?;
        }
        Ok(stage)
    }

    /// Takes away what nobody looks at any more, while other lanes go on.
    pub(crate) async fn leave(&self) {
        let delete = format!("delete namespace {} --wait=false", self.kubectl.namespace);
        if let Err(error) = self.kubectl.run(&delete).await {
            eprintln!("{error}");
        }
    }

    /// An empty namespace that enforces the `restricted` Pod Security Standard.
    pub(crate) async fn empty(&self) -> Result {
        let namespace = &self.kubectl.namespace;
        let delete = format!("delete namespace {namespace} --ignore-not-found --timeout=120s");
        self.kubectl.run(&delete).await?;
        restricted_namespace(namespace).await
    }

    /// The Secret that an operator makes; certificate and JWT secret are the chart's own.
    pub(crate) async fn make_secrets(&self) -> Result {
        let url = self.database.url();
        self.name_database(&url, &url).await
    }

    /// Gives the backend these addresses of the database.
    pub(crate) async fn name_database(&self, url: &str, direct_url: &str) -> Result {
        let authority = &self.database.certificate;
        self.set_secret(
            "database-url",
            &json!({"url": url, "direct-url": direct_url, "ca.crt": authority}),
        )
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

    /// Waits until both Deployments have two pods that are ready, and those of before, which still
    /// answer for a while, are gone.
    pub(crate) async fn renewed(&self) -> Result {
        self.ready(2).await?;
        let all = "pods --selector=app.kubernetes.io/instance=todo";
        until("the pods of before are gone", GONE, async || {
            let pods = self.kubectl.list(all).await?;
            Ok(pods
                .iter()
                .all(|pod| pod["metadata"]["deletionTimestamp"].is_null()))
        })
        .await?;
        Ok(())
    }

    /// Waits until page and API are reached: the Ingress learns of pods later than Helm.
    pub(crate) async fn reached(&self) -> Result {
        until("page and API are reached", REACHED, async || {
            let page = self.site.page("/login", &[]).await;
            Ok(page.is_ok_and(|(status, _)| status == 200) && self.site.sign_up().await.is_ok())
        })
        .await?;
        Ok(())
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
            until(&what, Duration::from_secs(120), async || {
                let pods = self.kubectl.pods(name).await?;
                Ok(pods.len() == count && pods.iter().all(is_ready))
            })
            .await?;
        }
        Ok(())
    }
}

/// The node that stays and the other one.
async fn nodes() -> Result<[Node; 2]> {
    let kubectl = Kubectl {
        namespace: "default".to_owned(),
    };
    let mut nodes = kubectl.list("nodes").await?.into_iter().filter_map(|node| {
        let addresses = node["status"]["addresses"].as_array()?;
        let internal = addresses.iter().find(|it| it["type"] == "InternalIP")?;
        Some(Node {
            name: text(&node, "/metadata/name").to_owned(),
            address: internal["address"].as_str()?.parse().ok()?,
        })
    });
    match (nodes.next(), nodes.next()) {
        (Some(stays), Some(other)) => Ok([stays, other]),
        _ => Err("the cluster needs two nodes, one to empty and one that stays".into()),
    }
}

/// Makes a namespace that enforces the `restricted` Pod Security Standard.
async fn restricted_namespace(name: &str) -> Result {
    run("kubectl", &["create", "namespace", name]).await?;
    let restricted = "pod-security.kubernetes.io/enforce=restricted";
    run("kubectl", &["label", "namespace", name, restricted]).await?;
    Ok(())
}

/// A secret for JWTs.
pub(crate) fn random_secret() -> String {
    format!(
        "{:032x}{:032x}",
        rand::random::<u128>(),
        rand::random::<u128>()
    )
}
