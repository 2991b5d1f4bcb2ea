//! Changes to the release and its pods, under load.

use std::{fs, time::Duration};

use tokio::time::{Instant, sleep};

use super::Stage;
use crate::{
    Result,
    cluster::{is_ready, text},
    load::{Load, MANY, Seen},
};

/// Requests go on for so long before a change.
pub(super) const BEFORE: Duration = Duration::from_secs(2);
/// And for so long after.
pub(super) const AFTER: Duration = Duration::from_secs(8);
/// The requests on a killed container may fail for so long.
const NOTICED: Duration = Duration::from_secs(5);

/// Runs a change in the middle of a steady load, of which nothing may fail.
pub(super) async fn under_load<F>(stage: &Stage, change: F) -> Result<Seen>
where
    F: AsyncFnOnce(&Stage) -> Result,
{
    let load = Load::start(&stage.site, &MANY).await?;
    sleep(BEFORE).await;
    let changed = change(stage).await;
    sleep(AFTER).await;
    let seen = load.stop().await?;
    changed?;
    Ok(seen)
}

pub(super) async fn rolling_update(stage: &mut Stage) -> Result<String> {
    let seen = under_load(stage, async |stage| {
        let restart = "rollout restart deployment/todo-backend deployment/todo-frontend";
        stage.kubectl.run(restart).await?;
        stage.kubectl.rolled_out("deployment/todo-backend").await?;
        stage.kubectl.rolled_out("deployment/todo-frontend").await?;
        stage.renewed().await
    });
    Ok(seen.await?.without_failure()?.to_string())
}

pub(super) async fn scale(stage: &mut Stage) -> Result<String> {
    let seen = under_load(stage, async |stage| {
        for count in [5, 2] {
            let scale = format!(
                "scale deployment/todo-backend deployment/todo-frontend --replicas={count}"
            );
            stage.kubectl.run(&scale).await?;
            stage.ready(count).await?;
        }
        stage.renewed().await
    });
    Ok(seen.await?.without_failure()?.to_string())
}

pub(super) async fn rollback(stage: &mut Stage) -> Result<String> {
    let next = stage.next_tag.clone().ok_or(
        "no image with one more migration is named: `cargo xtask images build --next` makes it, and `cargo xtask \
         cluster e2e --next-image target/images/backend-next.tar` takes it",
    )?;
    let made = async |stage: &Stage| -> Result<String> {
        let names =
            "get secret todo-tls jwt-secret database-url --output=jsonpath={.items[*].data}";
        stage.kubectl.run(names).await
    };
    let schema = |stage: &Stage| {
        let newest = "SELECT max(version) FROM __diesel_schema_migrations";
        stage.database.query("todo", newest)
    };
    let before = (made(stage).await?, schema(stage)?);
    let mut migrated = String::new();
    let seen = under_load(stage, async |stage| {
        let image = format!("backend.image.tag={next}");
        stage.release.upgrade_to_version("0.9.9", &[&image]).await?;
        stage.ready(2).await?;
        migrated = schema(stage)?;
        stage
            .release
            .about("rollback todo --wait --timeout=180s")
            .await?;
        stage.renewed().await
    });
    let seen = seen.await?.without_failure()?;
    if migrated == before.1 {
        return Err(format!("the image {next} has no migration more").into());
    }
    for pod in stage.kubectl.pods("todo-backend").await? {
        let image = text(&pod, "/spec/containers/0/image");
        if !image.ends_with(&format!(":{}", stage.tag)) {
            return Err(format!("after the rollback there is {image}").into());
        }
    }
    if (made(stage).await?, schema(stage)?) != (before.0, migrated.clone()) {
        return Err("a Secret was changed, or the schema by the rollback".into());
    }
    Ok(format!(
        "from migration {} to {migrated} and back to its image; {seen}",
        before.1
    ))
}

pub(super) async fn delete_pod(stage: &mut Stage) -> Result<String> {
    let seen = under_load(stage, async |stage| {
        for name in ["todo-backend", "todo-frontend"] {
            let pods = stage.kubectl.pods(name).await?;
            let pod = pods.first().ok_or("no pod")?;
            stage
                .kubectl
                .run(&format!("delete pod {}", text(pod, "/metadata/name")))
                .await?;
            stage.renewed().await?;
        }
        Ok(())
    });
    Ok(seen.await?.without_failure()?.to_string())
}

pub(super) async fn scale_then_upgrade(stage: &mut Stage) -> Result<String> {
    stage
        .kubectl
        .run("scale deployment/todo-backend --replicas=3")
        .await?;
    let outcome = stage
        .release
        .upgrade(&["backend.podAnnotations.changed=yes"])
        .await;
    let seen = match outcome {
        Ok(_) => "works".to_owned(),
        Err(error) if error.to_string().contains(".spec.replicas") => {
            stage
                .release
                .helm(
                    "upgrade --install todo",
                    &["--wait", "--timeout=180s", "--force-conflicts"],
                )
                .await?;
            "names the conflict in .spec.replicas; --force-conflicts takes the chart's number"
                .to_owned()
        }
        Err(error) => return Err(error),
    };
    stage.ready(2).await?;
    Ok(seen)
}

/// Kills the process of a backend container as the kernel does when memory is short.
pub(super) async fn sigkill(stage: &mut Stage) -> Result<String> {
    let mut killed = None;
    let seen = under_load(stage, async |stage| {
        let pods = stage.kubectl.pods("todo-backend").await?;
        let pod = pods.first().ok_or("no pod")?;
        let container = text(pod, "/status/containerStatuses/0/containerID");
        let id = container.rsplit('/').next().unwrap_or_default();
        let process = process_of(id)?;
        killed = Some(Instant::now());
        crate::cluster::run("kill", &["-KILL", &process]).await?;
        let name = text(pod, "/metadata/name").to_owned();
        crate::cluster::until(
            "the container runs again",
            Duration::from_secs(60),
            async || {
                let pod = stage.kubectl.get(&format!("pod {name}")).await?;
                let restarts = pod["status"]["containerStatuses"][0]["restartCount"].as_u64();
                Ok(restarts >= Some(1) && is_ready(&pod))
            },
        )
        .await?;
        Ok(())
    });
    let seen = seen.await?;
    let killed = killed.ok_or("nothing was killed")?.into_std();
    if let Some((when, what)) = seen
        .failures
        .iter()
        .find(|(when, _)| when.saturating_duration_since(killed) > NOTICED)
    {
        let late = when.saturating_duration_since(killed).as_secs_f64();
        return Err(format!("{seen}; {late:.1} s after the kill: {what}").into());
    }
    let failed = seen.failures.iter();
    let last = failed
        .map(|(when, _)| when.saturating_duration_since(killed))
        .max()
        .unwrap_or_default()
        .as_secs_f64();
    Ok(format!(
        "{seen}; the last failure {last:.1} s after the kill, {} done by one retry",
        seen.retried
    ))
}

/// The process of a container, if its node is this machine.
fn process_of(container: &str) -> Result<String> {
    for entry in fs::read_dir("/proc")?.flatten() {
        let Ok(groups) = fs::read_to_string(entry.path().join("cgroup")) else {
            continue;
        };
        if !container.is_empty() && groups.contains(container) {
            return Ok(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Err("the container's process is not on this machine, so it cannot be killed".into())
}
