//! The same product by Kustomize.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{Stage, random_secret};
use crate::{
    Result,
    cluster::run,
    load::{Load, MANY},
};

/// So long the load runs on it.
const LOAD: Duration = Duration::from_secs(5);

pub(super) async fn dev(stage: &mut Stage) -> Result<String> {
    stage.empty().await?;
    let password = random_secret();
    let namespace = &stage.kubectl.namespace;
    let url =
        format!("postgres://todo:{password}@todo-database.{namespace}:5432/todo?sslmode=disable");
    stage
        .set_secret("database-password", &json!({"password": password}))
        .await?;
    stage
        .set_secret("database-url", &json!({"url": url, "direct-url": url}))
        .await?;
    let image = stage.database_image.instead_of("postgres");
    install(stage, "dev", &[image], None).await
}

pub(super) async fn prod(stage: &mut Stage) -> Result<String> {
    stage.empty().await?;
    stage.make_secrets().await?;
    // The database of a test has a port of its own.
    let to = json!({
        "to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}],
        "ports": [{"port": stage.database.port, "protocol": "TCP"}],
    });
    let patch = json!([{"op": "add", "path": "/spec/egress/-", "value": to}]);
    let patch = json!({
        "target": {"kind": "NetworkPolicy", "name": "todo-backend"},
        "patch": patch.to_string(),
    });
    install(stage, "prod", &[], Some(patch)).await
}

/// The objects of an overlay that is made for the test.
pub(super) async fn build(kustomization: &Value) -> Result<String> {
    let overlays = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kustomize/overlays");
    // Resources are named by a way from the overlay, so it has to lie beside them.
    let folder = tempfile::Builder::new()
        .prefix(".check-")
        .tempdir_in(overlays)?;
    fs::write(
        folder.path().join("kustomization.yaml"),
        kustomization.to_string(),
    )?;
    run("kustomize", &["build".as_ref(), folder.path()]).await
}

/// Applies an overlay with the images of the test, and runs a load on it.
async fn install(
    stage: &Stage,
    overlay: &str,
    images: &[Value],
    patch: Option<Value>,
) -> Result<String> {
    let certified = rcgen::generate_simple_self_signed([stage.host.clone()])?;
    let certificate = json!({
        "tls.crt": certified.cert.pem(),
        "tls.key": certified.signing_key.serialize_pem(),
    });
    stage.set_secret("todo-tls", &certificate).await?;
    stage
        .set_secret("jwt-secret", &json!({"secret": random_secret()}))
        .await?;

    let mut images = images.to_vec();
    for name in ["todo-backend", "todo-frontend"] {
        images.push(json!({"name": name, "newTag": stage.tag}));
    }
    let patches: Vec<Value> = patch.into_iter().chain(place(stage)).collect();
    // Everybody of a test comes from one address.
    let limits = ["SIGN_UP_LIMIT=100000", "PASSWORD_LIMIT_PER_ADDRESS=100000"];
    let url = format!("PUBLIC_URL={}", stage.site.url);
    let kustomization = json!({
        "namespace": stage.kubectl.namespace,
        "resources": [format!("../{overlay}")],
        "images": images,
        "patches": patches,
        "configMapGenerator": [
            {"name": "backend-config", "behavior": "merge", "literals": [limits[0], limits[1], url]},
            {"name": "frontend-config", "behavior": "merge", "literals": [url]},
        ],
    });
    let objects = build(&kustomization).await?;

    let start = Instant::now();
    stage.kubectl.apply(&objects).await?;
    stage.kubectl.rolled_out("deployment/todo-backend").await?;
    stage.kubectl.rolled_out("deployment/todo-frontend").await?;
    stage.ready(2).await?;
    stage.reached().await?;
    let ready = start.elapsed().as_secs_f64();
    let load = Load::start(&stage.site, &MANY).await?;
    sleep(LOAD).await;
    let seen = load.stop().await?.without_failure()?;
    Ok(format!("ready in {ready:.1} s; {seen}"))
}

/// The host and the node of the lane, as patches.
fn place(stage: &Stage) -> Vec<Value> {
    let node = json!({"kubernetes.io/hostname": stage.stays.name});
    let pods = json!([{"op": "add", "path": "/spec/template/spec/nodeSelector", "value": node}]);
    let host = json!([
        {"op": "replace", "path": "/spec/rules/0/host", "value": stage.host},
        {"op": "replace", "path": "/spec/tls/0/hosts/0", "value": stage.host},
    ]);
    [("Deployment|StatefulSet", pods), ("Ingress", host)]
        .into_iter()
        .map(|(kind, patch)| json!({"target": {"kind": kind}, "patch": patch.to_string()}))
        .collect()
}
