//! More pods, and smaller ones.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use serde_json::Value;

use super::Stage;
use crate::{
    Result,
    cluster::{is_ready, text, until},
    load::{Load, MANY},
};

const PATIENCE: Duration = Duration::from_secs(180);

pub(super) async fn autoscaling(stage: &mut Stage) -> Result<String> {
    let load = Load::start(&stage.site, &MANY).await?;
    let scaled = scale_up(stage).await;
    let seen = load.stop().await;
    // Whatever was seen: with more pods than the chart says it could not be switched off.
    let back = until("the backend is back at 2 pods", PATIENCE, async || {
        Ok(stage.kubectl.pods("todo-backend").await?.len() == 2)
    })
    .await;
    stage.release.upgrade(&[]).await?;
    stage.ready(2).await?;
    let (most, seen, back) = (scaled?, seen?.without_failure()?, back?.as_secs());
    Ok(format!(
        "never below 2, up to {most} pods, back at 2 after {back} s; {seen}"
    ))
}

/// Switches the autoscaler on, and waits until it made more pods.
async fn scale_up(stage: &Stage) -> Result<usize> {
    let on = [
        "backend.autoscaling.enabled=true",
        "backend.resources.requests.cpu=100m",
        // What this load needs is little.
        "backend.autoscaling.targetCPUUtilizationPercentage=10",
        "backend.autoscaling.maxReplicas=4",
    ];
    let mut fewest = usize::MAX;
    let mut most = 0;
    stage.release.upgrade(&on).await?;
    until("the backend has more than 2 pods", PATIENCE, async || {
        let pods = stage.kubectl.pods("todo-backend").await?;
        let ready = pods.iter().filter(|pod| is_ready(pod)).count();
        fewest = fewest.min(ready);
        most = most.max(ready);
        Ok(ready > 2)
    })
    .await?;
    if fewest < 2 {
        return Err(format!("there were only {fewest} pods").into());
    }
    Ok(most)
}

pub(super) async fn small(stage: &mut Stage) -> Result<String> {
    let eighth = |part: &str| {
        [
            format!("{part}.resources.limits.cpu=62m"),
            format!("{part}.resources.limits.memory=64Mi"),
            format!("{part}.resources.requests.cpu=62m"),
            format!("{part}.resources.requests.memory=64Mi"),
        ]
    };
    let settings: Vec<String> = eighth("backend")
        .into_iter()
        .chain(eighth("frontend"))
        .collect();
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    stage.release.upgrade(&settings).await?;
    let served = async {
        let person = stage.site.sign_up().await?;
        let token = person.token().await?;
        person.add(&token, "Small", "small").await?;
        let (status, page) = person.home().await?;
        if status != 200 || !page.contains("Small") {
            return Err(format!("the page: {status}").into());
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    }
    .await;
    stage.release.upgrade(&[]).await?;
    stage.renewed().await?;
    served?;
    Ok("62m CPU and 64Mi: sign-up, a task and the page".to_owned())
}

pub(super) async fn usage(stage: &mut Stage) -> Result<String> {
    let load = Load::start(&stage.site, &MANY).await?;
    let measured = measure(stage).await;
    let seen = load.stop().await?.without_failure()?;
    let measured = measured?;
    let mut told = Vec::new();
    for name in ["todo-backend", "todo-frontend"] {
        for pod in stage.kubectl.pods(name).await? {
            let name = text(&pod, "/metadata/name");
            let measured = measured
                .iter()
                .find(|it| text(it, "/metadata/name") == name)
                .ok_or_else(|| format!("{name} was not measured"))?;
            told.push(beside_limits(&pod, measured)?);
        }
    }
    Ok(format!("{}; {seen}", told.join(", ")))
}

/// What the metrics tell of each pod, of the time of the load alone.
async fn measure(stage: &Stage) -> Result<Vec<Value>> {
    let mut metrics = Vec::new();
    let mut times: HashMap<String, BTreeSet<String>> = HashMap::new();
    until("all pods are measured", PATIENCE, async || {
        // While it is busy, what measures may not answer.
        metrics = stage
            .kubectl
            .list("pods.metrics.k8s.io")
            .await
            .unwrap_or_default();
        for pod in &metrics {
            let name = text(pod, "/metadata/name").to_owned();
            let time = text(pod, "/timestamp").to_owned();
            times.entry(name).or_default().insert(time);
        }
        // The first time is before the load, and the second measures from there on.
        Ok(times.len() == 4 && times.values().all(|times| times.len() > 2))
    })
    .await?;
    Ok(metrics)
}

/// A pod's CPU and memory, in words; an error if it is at a limit.
fn beside_limits(pod: &Value, measured: &Value) -> Result<String> {
    let used = &measured["containers"][0]["usage"];
    let limits = &pod["spec"]["containers"][0]["resources"]["limits"];
    let [cpu, memory] = ["/cpu", "/memory"].map(|it| (amount(text(used, it)), text(limits, it)));
    let told = format!(
        "{} {:.0}m of {} CPU and {:.0}Mi of {}",
        text(pod, "/metadata/name"),
        cpu.0 * 1e3,
        cpu.1,
        memory.0 / f64::from(1 << 20),
        memory.1,
    );
    if [cpu, memory]
        .iter()
        .all(|(used, limit)| *used < amount(limit))
    {
        Ok(told)
    } else {
        Err(format!("{told}: no room is left").into())
    }
}

/// A quantity of Kubernetes, such as `12m` or `20Mi`, as a number.
fn amount(quantity: &str) -> f64 {
    let digits = quantity.trim_end_matches(char::is_alphabetic);
    let unit = match &quantity[digits.len()..] {
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "Ki" => f64::from(1 << 10),
        "Mi" => f64::from(1 << 20),
        "Gi" => f64::from(1 << 30),
        _ => 1.0,
    };
    digits.parse().unwrap_or(f64::NAN) * unit
}
