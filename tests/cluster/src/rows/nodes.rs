//! Nodes that are emptied, and that die.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::{process::Command, time::sleep};

use super::{Stage, changes::under_load};
use crate::{
    Result,
    cluster::{Watch, is_ready, text, until},
};

/// The two Deployments.
const PARTS: [&str; 2] = ["todo-backend", "todo-frontend"];

/// A dead node counts as lost after 20 to 40 s; it stays so for as long again.
const LOST: Duration = Duration::from_secs(90);

/// Puts all pods on the node that is emptied then, so that the disruption budgets have to hold some
/// of them back.
pub(super) async fn drain(stage: &mut Stage) -> Result<String> {
    let (stays, other) = (&stage.stays.name, &stage.other.name);
    stage.kubectl.run(&format!("cordon {stays}")).await?;
    let moved = restart(stage).await;
    stage.kubectl.run(&format!("uncordon {stays}")).await?;
    moved?;
    for name in PARTS {
        let nodes = nodes_of(stage, name).await?;
        if nodes != BTreeSet::from([other.clone()]) {
            return Err(format!("the pods of {name} are on {nodes:?} before the drain").into());
        }
    }

    let mut fewest = 0;
    let seen = under_load(stage, async |stage| {
        let mut drained = Box::pin(empty(stage));
        let (mut backends, mut frontends) =
            (Ready::of(stage, PARTS[0])?, Ready::of(stage, PARTS[1])?);
        let said = loop {
            tokio::select! {
                said = &mut drained => break said?,
                changed = backends.changes() => changed?,
                changed = frontends.changes() => changed?,
            }
        };
        // None is fewer than some: then not even the two at the beginning were seen.
        fewest = backends.fewest.min(frontends.fewest).unwrap_or(0);
        if fewest < 1 {
            return Err("for a moment no pod of a Deployment was ready".into());
        }
        if !said.contains("disruption budget") {
            return Err(format!("no eviction had to wait: {said}").into());
        }
        stage.renewed().await
    });
    let seen = seen.await;
    stage.kubectl.run(&format!("uncordon {other}")).await?;
    let seen = seen?.without_failure()?;
    restart(stage).await?;
    for name in PARTS {
        let nodes = nodes_of(stage, name).await?;
        if nodes.len() != 2 {
            return Err(format!("after the uncordon both pods of {name} are on {nodes:?}").into());
        }
    }
    Ok(format!(
        "evictions waited for the budget, never fewer than {fewest} of 2 ready; {seen}; then one pod on each node"
    ))
}

/// `kubectl drain` of the other node, and what it said.
async fn empty(stage: &Stage) -> Result<String> {
    let drain = ["drain", &stage.other.name, "--ignore-daemonsets"];
    let more = ["--delete-emptydir-data", "--timeout=150s"];
    let output = Command::new("kubectl").args(drain).args(more).output();
    let output = output.await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(said)
    } else {
        Err(said.into())
    }
}

async fn restart(stage: &Stage) -> Result {
    for name in PARTS {
        let restart = format!("rollout restart deployment/{name}");
        stage.kubectl.run(&restart).await?;
    }
    for name in PARTS {
        stage
            .kubectl
            .rolled_out(&format!("deployment/{name}"))
            .await?;
    }
    stage.renewed().await
}

async fn nodes_of(stage: &Stage, name: &str) -> Result<BTreeSet<String>> {
    let pods = stage.kubectl.pods(name).await?;
    let nodes = pods
        .iter()
        .map(|pod| text(pod, "/spec/nodeName").to_owned());
    Ok(nodes.collect())
}

/// The pods of a Deployment that are ready, as the API server tells of each change.
struct Ready {
    watch: Watch,
    pods: HashMap<String, bool>,
    /// The fewest at any time, since both were seen.
    fewest: Option<usize>,
}

impl Ready {
    fn of(stage: &Stage, name: &str) -> Result<Self> {
        let selector = format!("pods --selector=app.kubernetes.io/name={name}");
        Ok(Self {
            watch: stage.kubectl.watch(&selector)?,
            pods: HashMap::new(),
            fewest: None,
        })
    }

    /// Waits for a change.
    async fn changes(&mut self) -> Result {
        let pod = self.watch.next().await?;
        // As the disruption controller counts.
        let is_there = is_ready(&pod) && pod["metadata"]["deletionTimestamp"].is_null();
        self.pods
            .insert(text(&pod, "/metadata/name").to_owned(), is_there);
        let ready = self.pods.values().filter(|ready| **ready).count();
        self.fewest = match self.fewest {
            None if ready < 2 => None,
            fewest => Some(fewest.unwrap_or(ready).min(ready)),
        };
        Ok(())
    }
}

pub(super) async fn dead_kubelet(stage: &mut Stage) -> Result<String> {
    let seen = under_load(stage, async |stage| {
        stage.control_node("stop").await?;
        let lost = until("the node counts as lost", LOST, async || {
            let node = stage
                .kubectl
                .get(&format!("node {}", stage.other.name))
                .await?;
            let conditions = node["status"]["conditions"].as_array().cloned();
            let ready = conditions
                .unwrap_or_default()
                .into_iter()
                .find(|it| it["type"] == "Ready");
            Ok(ready.is_some_and(|it| it["status"] != "True"))
        });
        let lost = lost.await;
        sleep(Duration::from_secs(20)).await;
        stage.control_node("start").await?;
        lost?;
        stage.ready(2).await
    });
    Ok(seen.await?.without_failure()?.to_string())
}
