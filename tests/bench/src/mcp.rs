//! Lists of 20 tasks by the MCP tool `list_tasks`, beside the same by REST: alternating runs over 32
//! connections each, medians.

use std::time::Duration;

use serde_json::json;

use crate::{
    Figure, Result,
    http::{Call, Connection},
    load::{self, median},
    person::Person,
    postgres::Database,
    programs::Program,
};

const TASKS: usize = 20;
const CONNECTIONS: usize = 32;
const RUNS: usize = 5;
const RUN: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(2);

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let pool = CONNECTIONS.to_string();
    let settings = [
        ("DATABASE_POOL_SIZE", pool.as_str()),
        ("MCP_RATE_LIMIT", "1000000"),
    ];
    let backend = Program::backend(&database.url(), &settings).await?;
    let person = Person::sign_up(backend.address, "lister").await?;
    person.add_tasks(backend.address, TASKS).await?;

    let (tool, list) = ([list_tasks(&person)], [person.get("tasks")]);
    let mut connection = Connection::open(backend.address).await?;
    let answer = connection.send(&tool[0]).await?;
    let listed = &answer.json()?["result"]["structuredContent"]["result"];
    if listed.as_array().map(Vec::len) != Some(TASKS) {
        return Err(format!("the tool lists {listed}").into());
    }
    let run = async |call, time| load::run(backend.address, CONNECTIONS, time, call).await;
    run(&tool, WARM_UP).await?;
    run(&list, WARM_UP).await?;
    let (mut by_tool, mut by_rest) = (vec![], vec![]);
    for number in 1..=RUNS {
        let (tool, rest) = (run(&tool, RUN).await?.rate, run(&list, RUN).await?.rate);
        println!("run {number} of {RUNS}: by the tool {tool:.0}/s, by REST {rest:.0}/s");
        by_tool.push(tool);
        by_rest.push(rest);
    }
    let (by_tool, by_rest) = (median(by_tool), median(by_rest));
    Ok(vec![
        Figure::new("lists by the tool", by_tool, "/s"),
        Figure::new("lists by REST", by_rest, "/s"),
        Figure::new("by the tool for each by REST", by_tool / by_rest, "").at_least(0.6),
    ])
}

fn list_tasks(person: &Person) -> Call {
    let call = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "list_tasks", "arguments": {}},
    });
    person
        .bearing(Call::post("/mcp", &call))
        .with("accept", "application/json, text/event-stream")
}
