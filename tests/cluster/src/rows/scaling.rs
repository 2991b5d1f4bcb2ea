//! More pods, and smaller ones.

use std::time::Duration;

use tokio::time::sleep;

use super::Stage;
use crate::{
    Result,
    cluster::{is_ready, text, until},
    load::Load,
};

const PATIENCE: Duration = Duration::from_secs(180);

pub(super) async fn autoscaling(stage: &mut Stage) -> Result<String> {
    let load = Load::start(&stage.site).await?;
    let scaled = scale_up(stage).await;
    let seen = load.stop().await?;
    let most = scaled?;
    let seen = seen.without_failure()?;
    let back = until("the backend is back at 2 pods", PATIENCE, async || {
        Ok(stage.kubectl.pods("todo-backend").await?.len() == 2)
    })
    .await;
    stage.release.upgrade(&[]).await?;
    stage.ready(2).await?;
    let back = back?.as_secs();
    Ok(format!(
        "never below 2, up to {most} pods, back at 2 after {back} s; {seen}"
    ))
}

/// Switches the autoscaler on, and waits until it made more pods.
async fn scale_up(stage: &Stage) -> Result<usize> {
    let on = [
        "backend.autoscaling.enabled=true",
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
    served?;
    Ok("62m CPU and 64Mi: sign-up, a task and the page".to_owned())
}

pub(super) async fn usage(stage: &mut Stage) -> Result<String> {
    let load = Load::start(&stage.site).await?;
    // metrics-server looks every 15 s.
    sleep(Duration::from_secs(45)).await;
    let pods = stage.kubectl.run("top pods --no-headers").await;
    let seen = load.stop().await?.without_failure()?;
    let limits = stage.kubectl.get("deployment/todo-backend").await?;
    let limits = &limits["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"];
    let pods: Vec<String> = pods?
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    Ok(format!(
        "{}; limits {} CPU, {}; {seen}",
        pods.join(", "),
        text(limits, "/cpu"),
        text(limits, "/memory")
    ))
}
