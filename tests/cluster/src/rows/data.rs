//! The database: away, lost and restored, and left alone; and the secret that signs the JWTs.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::{Stage, changes::AFTER, random_secret};
use crate::{
    Result,
    cluster::{is_ready, until},
    load::{FEW, Load, MANY},
};

const OUTAGE: Duration = Duration::from_secs(30);
/// How long a JWT lasts.
const JWT: Duration = Duration::from_secs(300);
const IDLE: Duration = Duration::from_secs(300);

/// How often each container was started again.
async fn restarts(stage: &Stage) -> Result<u64> {
    let mut sum = 0;
    for name in ["todo-backend", "todo-frontend"] {
        for pod in stage.kubectl.pods(name).await? {
            sum += pod["status"]["containerStatuses"][0]["restartCount"]
                .as_u64()
                .unwrap_or_default();
        }
    }
    Ok(sum)
}

pub(super) async fn database_down(stage: &mut Stage) -> Result<String> {
    let before = restarts(stage).await?;
    let person = stage.site.sign_up().await?;
    let token = person.token().await?;
    let load = Load::start(&stage.site, &MANY).await?;
    sleep(Duration::from_secs(5)).await;
    stage.database.shut();
    sleep(OUTAGE / 2).await;
    let answer = stage
        .site
        .send(
            Method::GET,
            &person.path("tasks"),
            &[("authorization", &token)],
            None,
        )
        .await?;
    let (status, body) = (answer.status(), answer.text().await?);
    let (page_status, page) = person.home().await?;
    let mut ready = 0;
    for name in ["todo-backend", "todo-frontend"] {
        ready += stage
            .kubectl
            .pods(name)
            .await?
            .iter()
            .filter(|pod| is_ready(pod))
            .count();
    }
    sleep(OUTAGE / 2).await;
    stage.database.open();
    let recovered = until(
        "the tasks are read again",
        Duration::from_secs(30),
        async || Ok(person.titles().await.is_ok()),
    )
    .await?;
    sleep(Duration::from_secs(5)).await;
    // Looks for everything that was acknowledged.
    let seen = load.stop().await?;
    if status != 503 || !body.contains("\"code\"") || !body.contains("request_id") {
        return Err(format!("the API answered {status} {body}").into());
    }
    if page_status != 503 || !page.contains("</html>") {
        return Err(format!("the page answered {page_status} {page}").into());
    }
    if ready != 4 {
        return Err(format!("{ready} of 4 pods stayed ready").into());
    }
    if restarts(stage).await? != before {
        return Err("a container was started again".into());
    }
    Ok(format!(
        "503 from us by API and page, 4 pods stayed ready, no restart, back after {:.1} s; {} acknowledged writes are there once",
        recovered.as_secs_f64(),
        seen.writes
    ))
}

pub(super) async fn backend_down(stage: &mut Stage) -> Result<String> {
    let person = stage.site.sign_up().await?;
    stage
        .kubectl
        .run("scale deployment/todo-backend --replicas=0")
        .await?;
    until(
        "all backends are gone",
        Duration::from_secs(60),
        async || {
            let pods = stage
                .kubectl
                .list("pods --selector=app.kubernetes.io/name=todo-backend")
                .await?;
            Ok(pods.is_empty())
        },
    )
    .await?;
    let page = person.home().await;
    stage
        .kubectl
        .run("scale deployment/todo-backend --replicas=2")
        .await?;
    stage.ready(2).await?;
    stage.reached().await?;
    let (status, page) = page?;
    if status != 503 || !page.contains("</html>") {
        return Err(format!("the page answered {status} {page}").into());
    }
    Ok("503 with a page".to_owned())
}

pub(super) async fn backup(stage: &mut Stage) -> Result<String> {
    let person = stage.site.sign_up().await?;
    let token = person.token().await?;
    for n in 0..20 {
        person
            .add(&token, &format!("Kept {n}"), &format!("kept {n}"))
            .await?;
    }
    let before = person.titles().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("todo.dump").display().to_string();
    stage
        .database
        .program("pg_dump", &["--format=custom", "--file", &file, "todo"])?;
    stage.database.program("dropdb", &["--force", "todo"])?;
    stage.database.program("createdb", &["todo"])?;
    stage
        .database
        .program("pg_restore", &["--dbname=todo", "--exit-on-error", &file])?;
    // What `migrate` sets for the role is no part of a dump of one database.
    let mut after = Vec::new();
    until(
        "the tasks are read again",
        Duration::from_secs(30),
        async || {
            match person.titles().await {
                Ok(titles) => after = titles,
                Err(_) => return Ok(false),
            }
            Ok(true)
        },
    )
    .await?;
    if before != after {
        return Err(format!("before {before:?}, after {after:?}").into());
    }
    Ok(format!(
        "{} tasks are there again, the session too",
        after.len()
    ))
}

pub(super) async fn rotation(stage: &mut Stage) -> Result<String> {
    let held = stage
        .kubectl
        .run("get secret jwt-secret --output=go-template={{.data.secret|base64decode}}")
        .await?;
    let load = Load::start(&stage.site, &FEW).await?;
    let rotated = rotate(stage, &held, &random_secret()).await;
    let seen = load.stop().await?;
    rotated?;
    Ok(seen.without_failure()?.to_string())
}

/// First every replica learns to accept the new one, then all sign with it, and when nobody has a
/// JWT of the old one any more, it goes.
async fn rotate(stage: &Stage, held: &str, new: &str) -> Result {
    for (revision, content) in [
        ("1", json!({"secret": held, "previous": new})),
        ("2", json!({"secret": new, "previous": held})),
        ("3", json!({"secret": new})),
    ] {
        if revision == "3" {
            sleep(JWT).await;
        }
        stage.set_secret("jwt-secret", &content).await?;
        let revision = format!("backend.secretsRevision=rotation-{revision}");
        stage.release.upgrade(&[&revision]).await?;
        stage.ready(2).await?;
    }
    // Whoever had an old one in spite of it is seen now.
    sleep(AFTER).await;
    Ok(())
}

pub(super) async fn idle(stage: &mut Stage) -> Result<String> {
    let person = stage.site.sign_up().await?;
    let token = person.token().await?;
    person.add(&token, "Leave alone", "the last").await?;
    // What was just asked for may still be cleaned up after.
    sleep(Duration::from_secs(60)).await;
    let count =
        "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = 'todo'";
    let before: i64 = stage.database.query("postgres", count)?.parse()?;
    sleep(IDLE).await;
    let after: i64 = stage.database.query("postgres", count)?.parse()?;
    if before != after {
        return Err(format!("{} transactions", after - before).into());
    }
    Ok("no transaction in 300 s".to_owned())
}
