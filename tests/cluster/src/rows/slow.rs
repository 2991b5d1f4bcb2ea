//! A model that takes its time: turns whose pod dies, and streams that are silent.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::Stage;
use crate::{Result, model, nginx::Nginx, site::Person};

/// A turn lives on for so long after its process; whoever meets it then marks it.
const LEASE: Duration = Duration::from_secs(15);
/// How long the stream is silent.
const SILENCE: Duration = Duration::from_secs(90);
/// nginx's own patience.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The longest pause between two signs of life.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// Puts the slow model in the place of the built-in assistant.
async fn with_model(stage: &Stage) -> Result {
    let port = model::port().await?;
    let settings = [
        format!(
            "backend.model.baseUrl=http://{}:{port}/v1",
            stage.database.host
        ),
        "backend.model.name=slow".to_owned(),
        "backend.config.OPENAI_FIRST_TOKEN_TIMEOUT=120s".to_owned(),
        "backend.config.CHAT_TURN_TIMEOUT=3m".to_owned(),
        "backend.networkPolicy.egress.model[0].cidr=0.0.0.0/0".to_owned(),
        format!("backend.networkPolicy.egress.model[0].ports={{{port}}}"),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    stage.release.upgrade(&settings).await?;
    stage.renewed().await
}

pub(super) async fn interrupted(stage: &mut Stage) -> Result<String> {
    with_model(stage).await?;
    let person = stage.site.sign_up().await?;
    let token = person.token().await?;
    let mut events = person.say(&token, "speak 30", "speaks").await?;
    let (mut turn, mut last, mut words) = (None, 0, 0);
    while words < 2 {
        let event = events.next().await.ok_or("the stream ended early")?;
        turn = turn.or(event.turn());
        last = event.id.unwrap_or(last);
        words += usize::from(event.name == "text");
    }
    let turn = turn.ok_or("no turn")?;

    // Nobody outside can tell which of them speaks, so both die; a second is less than they need.
    let start = Instant::now();
    let backends = "pods --selector=app.kubernetes.io/name=todo-backend";
    let kill = format!("delete {backends} --grace-period=1 --wait=false");
    stage.kubectl.run(&kill).await?;
    while events.next().await.is_some() {}
    stage.ready(2).await?;
    let end = timeout(Duration::from_secs(60), end(&person, &token, turn, last)).await??;
    let noticed = start.elapsed().as_secs_f64();
    if end != "interrupted" {
        return Err(format!("the turn was {end}").into());
    }
    let (_, page) = person.home().await?;
    for part in ["The answer was interrupted.", "/retry", "word1"] {
        if !page.contains(part) {
            return Err(format!("the page does not show “{part}”").into());
        }
    }

    let mut events = person.retry(&token, turn, "again").await?;
    let mut text = String::new();
    loop {
        let event = events.next().await.ok_or("the retried turn did not end")?;
        match event.name.as_str() {
            "text" => text += &event.data,
            "done" => break,
            "stopped" | "failed" | "interrupted" => {
                return Err(format!("the retried turn was {}", event.name).into());
            }
            _ => {}
        }
    }
    let (_, page) = person.home().await?;
    if !text.contains(model::LAST) || !page.contains(model::LAST) {
        return Err("the retried turn is not whole".into());
    }
    Ok(format!(
        "both backends killed at the second word; shown interrupted after {noticed:.0} s (the lease is {} s), and whole after one retry",
        LEASE.as_secs()
    ))
}

/// How a turn ends, as a page that connects again and again is told.
async fn end(person: &Person, token: &str, turn: i64, after: i64) -> Result<String> {
    let mut after = after;
    loop {
        if let Ok(mut events) = person.events(token, turn, after).await {
            while let Some(event) = events.next().await {
                after = event.id.unwrap_or(after);
                if matches!(
                    event.name.as_str(),
                    "done" | "stopped" | "failed" | "interrupted"
                ) {
                    return Ok(event.name);
                }
            }
        }
        sleep(Duration::from_millis(500)).await;
    }
}

pub(super) async fn silent(stage: &mut Stage) -> Result<String> {
    with_model(stage).await?;
    let nginx = Nginx::start(stage.stays.address, &stage.host).await?;
    let person = stage.site.sign_up().await?;
    let behind = person.by(stage.site.by(nginx.url.clone()));
    let (control, survived) = tokio::join!(is_cut(&nginx), survives(&behind));
    let signs = survived?;
    control?;
    Ok(format!(
        "{signs} comments in {} s, then the answer; nginx cut a server that says nothing after {} s",
        SILENCE.as_secs(),
        TIMEOUT.as_secs()
    ))
}

/// The control: a server that is silent without a sign of life is given up.
async fn is_cut(nginx: &Nginx) -> Result {
    let start = Instant::now();
    let status = reqwest::get(&nginx.silence).await?.status();
    let took = start.elapsed();
    if status == 504 && took < SILENCE {
        Ok(())
    } else {
        let took = took.as_secs();
        Err(format!("the control is worth nothing: nginx answered {status} after {took} s").into())
    }
}

/// Waits for a silent answer, on one stream. Gives the number of comments in it.
async fn survives(person: &Person) -> Result<usize> {
    let token = person.token().await?;
    let message = format!("think {}", SILENCE.as_secs());
    let start = Instant::now();
    let mut events = person.say(&token, &message, "thinks").await?;
    let mut signs = 0;
    loop {
        let event = timeout(SIGN_OF_LIFE, events.next()).await?;
        let at = start.elapsed().as_secs();
        let event = event.ok_or_else(|| format!("the stream ended after {at} s"))?;
        match event.name.as_str() {
            "" => signs += 1,
            "text" if start.elapsed() < SILENCE => {
                return Err(format!("it spoke after {at} s").into());
            }
            "done" => return Ok(signs),
            "stopped" | "failed" | "interrupted" => {
                return Err(format!("after {at} s the turn was {}", event.name).into());
            }
            _ => {}
        }
    }
}
