//! Nodes that are emptied, and that die.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::sleep;

use super::{Stage, changes::under_load};
use crate::{
    Result,
    cluster::{is_ready, text, until},
};

/// A dead node counts as lost after 20 to 40 s; it stays so for as long again.
const LOST: Duration = Duration::from_secs(90);

pub(super) async fn drain(stage: &mut Stage) -> Result<String> {
    let seen = under_load(stage, async |stage| {
        let node = &stage.other.name;
        let drain =
            format!("drain {node} --ignore-daemonsets --delete-emptydir-data --timeout=150s");
        // The budget lets one pod of each go at a time, so one always answers.
        let drained = tokio::join!(stage.kubectl.run(&drain), fewest_ready(stage));
        let fewest = drained.1?;
        drained.0?;
        if fewest < 1 {
            return Err("no backend was ready during the drain".into());
        }
        stage.ready(2).await
    });
    let seen = seen.await;
    stage
        .kubectl
        .run(&format!("uncordon {}", stage.other.name))
        .await?;
    let seen = seen?.without_failure()?;
    stage
        .kubectl
        .run("rollout restart deployment/todo-backend deployment/todo-frontend")
        .await?;
    stage.kubectl.rolled_out("deployment/todo-backend").await?;
    stage.kubectl.rolled_out("deployment/todo-frontend").await?;
    stage.ready(2).await?;
    for name in ["todo-backend", "todo-frontend"] {
        let pods = stage.kubectl.pods(name).await?;
        let nodes: BTreeSet<&str> = pods.iter().map(|pod| text(pod, "/spec/nodeName")).collect();
        if nodes.len() != 2 {
            return Err(format!("after the uncordon both pods of {name} are on {nodes:?}").into());
        }
    }
    Ok(format!("{seen}; then one pod on each node"))
}

/// The fewest backends that were ready while the node is emptied.
async fn fewest_ready(stage: &Stage) -> Result<usize> {
    let mut fewest = usize::MAX;
    for _ in 0..20 {
        let pods = stage.kubectl.pods("todo-backend").await?;
        fewest = fewest.min(pods.iter().filter(|pod| is_ready(pod)).count());
        sleep(Duration::from_millis(500)).await;
    }
    Ok(fewest)
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
