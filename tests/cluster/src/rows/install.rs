//! The first minutes of an installation.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::Stage;
use crate::{
    Result,
    cluster::{is_ready, text},
};

const INSTALLATION: Duration = Duration::from_secs(60);
const STARTED_TO_READY: Duration = Duration::from_secs(2);
const SCHEDULED_TO_READY: Duration = Duration::from_secs(6);

pub(super) async fn refuses_without_secrets(stage: &mut Stage) -> Result<String> {
    stage.empty().await?;
    let refusal = stage.release.upgrade(&[]).await;
    let said = match refusal {
        Ok(_) => return Err("it was installed".into()),
        Err(error) => error.to_string(),
    };
    let sentence = "The Secret \"database-url\" is missing in the namespace \"todo-app\".";
    if !said.contains(sentence) {
        return Err(said.into());
    }
    let made = stage
        .kubectl
        .run("get deployments,pods --output=name")
        .await?;
    if !made.is_empty() {
        return Err(format!("it was refused, but made {made}").into());
    }
    Ok(sentence.to_owned())
}

pub(super) async fn installs(stage: &mut Stage) -> Result<String> {
    stage.empty().await?;
    stage.make_secrets().await?;
    let start = Instant::now();
    stage.release.upgrade(&[]).await?;
    stage.reached().await?;
    let ready = start.elapsed();
    if ready > INSTALLATION {
        return Err(format!("ready after {:.1} s", ready.as_secs_f64()).into());
    }
    Ok(format!(
        "page and sign-up answer after {:.1} s",
        ready.as_secs_f64()
    ))
}

/// Starts all pods anew and takes the times at which the API server tells of each step.
pub(super) async fn starts_quickly(stage: &mut Stage) -> Result<String> {
    let mut watch = stage.kubectl.watch("pods")?;
    let mut pods: HashMap<String, Times> = HashMap::new();
    let before: HashSet<String> = stage.kubectl.list("pods").await?.iter().map(uid).collect();
    stage
        .kubectl
        .run("rollout restart deployment/todo-backend deployment/todo-frontend")
        .await?;
    let (mut started, mut scheduled) = (Duration::ZERO, Duration::ZERO);
    let mut measured = 0;
    while measured < 4 {
        let pod = timeout(Duration::from_secs(120), watch.next()).await??;
        let now = Instant::now();
        if before.contains(&uid(&pod)) {
            continue;
        }
        let times = pods.entry(uid(&pod)).or_default();
        if !pod["spec"]["nodeName"].is_null() {
            times.scheduled.get_or_insert(now);
        }
        if !pod
            .pointer("/status/containerStatuses/0/state/running")
            .unwrap_or(&Value::Null)
            .is_null()
        {
            times.started.get_or_insert(now);
        }
        if is_ready(&pod) && times.ready.is_none() {
            times.ready = Some(now);
            if let (Some(one), Some(two)) = (times.scheduled, times.started) {
                scheduled = scheduled.max(now - one);
                started = started.max(now - two);
                measured += 1;
            }
        }
    }
    stage.ready(2).await?;
    let seen = format!(
        "slowest of {measured} pods: started to Ready {:.1} s, scheduled to Ready {:.1} s",
        started.as_secs_f64(),
        scheduled.as_secs_f64()
    );
    if started > STARTED_TO_READY || scheduled > SCHEDULED_TO_READY {
        return Err(seen.into());
    }
    Ok(seen)
}

fn uid(pod: &Value) -> String {
    text(pod, "/metadata/uid").to_owned()
}

/// When the API server told of a step.
#[derive(Default)]
struct Times {
    scheduled: Option<Instant>,
    started: Option<Instant>,
    ready: Option<Instant>,
}

pub(super) async fn passes_its_own_test(stage: &mut Stage) -> Result<String> {
    let said = stage.release.about("test todo --timeout=60s").await?;
    let passed = said.matches("Phase:").count();
    Ok(format!("{passed} test pods and policies, all succeeded"))
}
