//! Who reaches whom, and the other way in: the Gateway.

use std::{net::Ipv4Addr, time::Duration};

use futures_util::future::try_join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::sleep,
};

use super::{Stage, restricted_namespace};
use crate::{
    Result,
    cluster::{Kubectl, text, until},
    load::{Load, MANY},
};

/// The namespace of a pod that is nobody's business.
const STRANGERS: &str = "todo-strangers";

/// Where a probe asks from.
#[derive(Clone, Copy)]
enum From {
    /// A pod of nobody's in the namespace of the product.
    Stray,
    /// A pod in another namespace.
    Stranger,
    Frontend,
    Backend,
}

/// A pod that nobody expects, which can ask.
fn stray(tag: &str) -> String {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stray", "labels": {"app": "stray"}},
        "spec": {
            "automountServiceAccountToken": false,
            "securityContext": {
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": "stray",
                "image": format!("todo-frontend:{tag}"),
                "args": ["serve"],
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
    .to_string()
}

/// Answers everybody, as an address outside of the cluster.
async fn answer_outside() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = client.read(&mut request).await;
                let _ = client.write_all(b"HTTP/1.0 200 OK\r\n\r\nok").await;
            });
        }
    });
    Ok(port)
}

/// Whether somebody answers on each of these ways.
async fn reached(stage: &Stage, ways: &[(From, String)]) -> Result<Vec<bool>> {
    let probes = ways.iter().map(|(from, url)| reaches(stage, *from, url));
    try_join_all(probes).await
}

/// Whether somebody answers, whatever it is.
async fn reaches(stage: &Stage, from: From, url: &str) -> Result<bool> {
    let (namespace, pod, program) = match from {
        From::Stray => (
            stage.kubectl.namespace.as_str(),
            "pod/stray",
            "todo-frontend",
        ),
        From::Stranger => (STRANGERS, "pod/stray", "todo-frontend"),
        From::Frontend => (
            stage.kubectl.namespace.as_str(),
            "deployment/todo-frontend",
            "todo-frontend",
        ),
        From::Backend => (
            stage.kubectl.namespace.as_str(),
            "deployment/todo-backend",
            "todo-backend",
        ),
    };
    let kubectl = Kubectl {
        namespace: namespace.to_owned(),
    };
    match kubectl
        .run(&format!(
            "exec {pod} -- /bin/{program} healthcheck --url {url}"
        ))
        .await
    {
        Ok(_) => Ok(true),
        Err(error) => {
            let said = error.to_string();
            // A database answers a request of HTTP by hanging up.
            let answered = said.contains(" answers ")
                || said.contains("not HTTP")
                || said.contains("reset by peer");
            let silent = said.contains("does not answer")
                || said.contains("refused")
                || said.contains("timed out");
            match (answered, silent) {
                (true, false) => Ok(true),
                (false, true) => Ok(false),
                _ => Err(error),
            }
        }
    }
}

pub(super) async fn policies(stage: &mut Stage) -> Result<String> {
    let strangers = Kubectl {
        namespace: STRANGERS.to_owned(),
    };
    restricted_namespace(STRANGERS).await?;
    for kubectl in [&stage.kubectl, &strangers] {
        kubectl.apply(&stray(&stage.tag)).await?;
        kubectl
            .run("wait --for=condition=Ready pod/stray --timeout=60s")
            .await?;
    }
    let outside = answer_outside().await?;
    let namespace = &stage.kubectl.namespace;
    let service = |name: &str, port: u16| format!("http://{name}.{namespace}:{port}/livez");

    // Without policies first: whatever is forbidden later is seen to work now.
    let open = [
        "global.networkPolicy.enabled=false",
        "backend.database.enabled=true",
    ];
    stage.release.upgrade(&open).await?;
    let pod = |pods: &[serde_json::Value]| -> Result<String> {
        Ok(text(pods.first().ok_or("no pod")?, "/status/podIP").to_owned())
    };
    let backend = pod(&stage.kubectl.pods("todo-backend").await?)?;
    let frontend = pod(&stage.kubectl.pods("todo-frontend").await?)?;
    let anywhere = format!("http://198.51.100.7:{outside}/");
    let metadata = format!("http://169.254.169.254:{outside}/");
    let database = service("todo-database", 5432);
    let forbidden = [
        (From::Stray, service("todo-backend", 8000)),
        (From::Stranger, service("todo-backend", 8000)),
        (From::Stray, service("todo-frontend", 3000)),
        (From::Stranger, service("todo-frontend", 3000)),
        (From::Stray, format!("http://{backend}:9090/metrics")),
        (From::Stray, database.clone()),
        (From::Stranger, database.clone()),
        (From::Frontend, database.clone()),
        (From::Frontend, format!("http://{backend}:9090/metrics")),
        (From::Backend, service("todo-frontend", 3000)),
        (From::Backend, format!("http://{frontend}:9091/metrics")),
        (From::Frontend, anywhere.clone()),
        (From::Backend, anywhere),
        (From::Frontend, metadata.clone()),
        (From::Backend, metadata),
    ];
    for ((_, url), is_reached) in forbidden.iter().zip(reached(stage, &forbidden).await?) {
        if !is_reached {
            return Err(format!(
                "the control is worth nothing: {url} does not answer without policies"
            )
            .into());
        }
    }
    stage
        .release
        .upgrade(&["backend.database.enabled=true"])
        .await?;
    sleep(Duration::from_secs(3)).await;
    for ((_, url), is_reached) in forbidden.iter().zip(reached(stage, &forbidden).await?) {
        if is_reached {
            return Err(format!("{url} is reached").into());
        }
    }
    for (from, url) in [
        (From::Frontend, service("todo-backend", 8000)),
        (From::Backend, database),
    ] {
        if !reaches(stage, from, &url).await? {
            return Err(format!("{url} is not reached").into());
        }
    }
    stage.release.upgrade(&[]).await?;
    stage.site.sign_up().await?;
    stage.kubectl.run("delete pod stray --wait=false").await?;
    strangers
        .run(&format!("delete namespace {STRANGERS} --wait=false"))
        .await?;
    Ok(format!(
        "{} ways closed that were open without policies, 2 open",
        forbidden.len()
    ))
}

pub(super) async fn gateway(stage: &mut Stage) -> Result<String> {
    let class = stage
        .kubectl
        .run("get gatewayclass --output=jsonpath={.items[0].metadata.name}")
        .await?;
    let class = format!("httpRoute.gateway.className={class}");
    stage
        .release
        .upgrade(&[
            "ingress.enabled=false",
            "httpRoute.enabled=true",
            "httpRoute.gateway.create=true",
            &class,
        ])
        .await?;
    let outcome = by_gateway(stage).await;
    stage.release.upgrade(&[]).await?;
    stage.reached().await?;
    outcome
}

async fn by_gateway(stage: &Stage) -> Result<String> {
    until(
        "the Gateway has taken the route",
        Duration::from_secs(60),
        async || {
            let route = stage.kubectl.get("httproute/todo").await?;
            let parents = route["status"]["parents"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let accepted = parents.iter().any(|parent| {
                let conditions = parent["conditions"].as_array();
                conditions.is_some_and(|all| {
                    all.iter()
                        .any(|it| it["type"] == "Accepted" && it["status"] == "True")
                })
            });
            // The API, whose path the Ingress knew too, answers last.
            Ok(accepted && stage.site.sign_up().await.is_ok())
        },
    )
    .await?;
    // Until the controller has forgotten the Ingress.
    sleep(Duration::from_secs(5)).await;
    let ingresses = stage.kubectl.list("ingresses").await?;
    if !ingresses.is_empty() {
        return Err("there is still an Ingress".into());
    }
    let load = Load::start(&stage.site, &MANY).await?;
    sleep(Duration::from_secs(10)).await;
    Ok(load.stop().await?.without_failure()?.to_string())
}
