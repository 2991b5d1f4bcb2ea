//! A model behind a server of its own, aimock at zero latency: how much later than from it alone
//! the first words reach the page, and five hundred turns at once on two backends.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    time::{MissedTickBehavior, interval, sleep},
};

use crate::{
    Figure, Result,
    chat::listen,
    http::{Call, Connection},
    load::{median, milliseconds},
    person::Person,
    postgres::Database,
    programs::Program,
};

const ASKED: usize = 200;
/// The first ones open connections and prepare statements.
const WARM_UP: usize = 20;
const TURNS: usize = 500;
/// The pause between two that are opened.
const PAUSE: Duration = Duration::from_millis(10);
/// Each has as many turns as a user may have.
const PEOPLE: usize = 50;
/// How the answer of the fixture begins.
const FIRST: &str = "Measured";

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let model = Aimock::start().await?;
    let database = Database::start()?;
    let url = format!("http://{}/v1", model.address);
    let settings = [
        ("OPENAI_BASE_URL", url.as_str()),
        ("OPENAI_MODEL", "measured"),
        ("SIGN_UP_LIMIT", "1000"),
    ];
    let backends = [
        Program::backend(&database.url(), &settings).await?,
        Program::backend(&database.url(), &settings).await?,
    ];
    let frontend = Program::frontend(&backends[0], &[]).await?;

    let person = Person::sign_up(backends[0].address, "talker").await?;
    let mut alone = Vec::with_capacity(ASKED);
    let mut on_page = Vec::with_capacity(ASKED);
    for _ in 0..WARM_UP + ASKED {
        alone.push(first_token(model.address).await?);
        on_page.push(first_words(frontend.address, &person).await?);
    }
    let (alone, on_page) = (
        median(alone.split_off(WARM_UP)),
        median(on_page.split_off(WARM_UP)),
    );

    many_turns(&backends).await?;
    Ok(vec![
        Figure::new("first token of the model alone, p50", alone, "ms"),
        Figure::new("first words on the page, p50", on_page, "ms"),
        Figure::new("what the product adds, p50", on_page - alone, "ms").at_most(10.0),
        Figure::new(
            "most memory of the first backend",
            backends[0].peak()?,
            "MiB",
        )
        .at_most(256.0),
        Figure::new("most memory of the second", backends[1].peak()?, "MiB").at_most(256.0),
    ])
}

/// Asks the model itself. Gives the milliseconds until its first words.
async fn first_token(model: SocketAddr) -> Result<f64> {
    let asked = Instant::now();
    let body = json!({
        "model": "measured",
        "stream": true,
        "messages": [{"role": "user", "content": "measure this"}],
    });
    let mut connection = Connection::open(model).await?;
    let ask = Call::post("/v1/chat/completions", &body);
    until(&mut connection, &ask, FIRST).await?;
    Ok(milliseconds(asked.elapsed()))
}

/// Says it as the page does, and follows the answer as the page does.
async fn first_words(frontend: SocketAddr, person: &Person) -> Result<f64> {
    let asked = Instant::now();
    let say = person
        .on_page(Call::form("/chat", "message=measure+this".to_owned()))
        .with("hx-request", "true");
    let mut connection = Connection::open(frontend).await?;
    let bubble = until(&mut connection, &say, "/events\"").await?;
    let path = bubble
        .split_once("hx-sse:connect=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .ok_or_else(|| format!("no stream to follow in {bubble}"))?;
    // As browsers do, which keep the first connection for the rest of the answer.
    let mut connection = Connection::open(frontend).await?;
    until(&mut connection, &person.on_page(Call::get(path.0)), FIRST).await?;
    Ok(milliseconds(asked.elapsed()))
}

/// Asks, and reads until the text has come. Gives what was read.
async fn until(connection: &mut Connection, call: &Call, text: &str) -> Result<String> {
    let status = connection.begin(call).await?.status;
    let mut seen = String::new();
    while !seen.contains(text) {
        let more = connection.text().await;
        seen += &more.map_err(|error| format!("{status} without “{text}” in {seen:?}: {error}"))?;
    }
    Ok(seen)
}

/// Opens them at 100 a second, half of them on each backend, and fails if one of them does.
async fn many_turns(backends: &[Program; 2]) -> Result {
    let mut people = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        people.push(Person::sign_up(backends[0].address, &format!("many-{number}")).await?);
    }
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut turns = Vec::with_capacity(TURNS);
    for (person, backend) in people
        .iter()
        .cycle()
        .zip(backends.iter().cycle())
        .take(TURNS)
    {
        ticks.tick().await;
        let say = person
            .post("chat", &json!({"message": "measure long"}))
            .with("accept", "text/event-stream");
        turns.push(tokio::spawn(listen(backend.address, say)));
    }
    println!("{TURNS} turns are open");
    for turn in turns {
        turn.await??;
    }
    Ok(())
}

/// The model's server.
struct Aimock {
    address: SocketAddr,
    process: Child,
    _folder: TempDir,
}

impl Aimock {
    async fn start() -> Result<Self> {
        let folder = TempDir::new()?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../aimock");
        for file in ["package.json", "package-lock.json", "fixtures.json"] {
            std::fs::copy(sources.join(file), folder.path().join(file))?;
        }
        let installed = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"])
            .current_dir(folder.path())
            .status()?;
        if !installed.success() {
            return Err("aimock could not be installed from npm".into());
        }
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let process = Command::new("node")
            .arg("node_modules/@copilotkit/aimock/dist/cli.js")
            .args(["--port", &address.port().to_string()])
            .args(["--fixtures", "fixtures.json", "--log-level", "silent"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(Self {
            address,
            process,
            _folder: folder,
        })
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
