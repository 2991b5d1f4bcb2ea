//! The task page beside the calls to the backend that it makes, as the frontend's own log tells.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    Figure, Result, http::Connection, load::median, person::Person, postgres::Database,
    programs::Program,
};

const TASKS: usize = 20;
const PAGES: usize = 300;
/// The first ones open connections and prepare statements.
const WARM_UP: usize = 20;

/// A page by its request's id.
#[derive(Default)]
struct Page {
    took: f64,
    calls: Vec<f64>,
}

pub(crate) async fn measure() -> Result<Vec<Figure>> {
    let database = Database::start()?;
    let backend = Program::backend(&database.url(), &[]).await?;
    let frontend = Program::frontend(&backend, &[("LOG", "info,todo_frontend=debug")]).await?;
    let person = Person::sign_up(backend.address, "reader").await?;
    person.add_tasks(backend.address, TASKS).await?;
    let mut connection = Connection::open(backend.address).await?;
    for message in ["Show me all my tasks", "What's pending?"] {
        let said = person.post("chat", &json!({"message": message}));
        connection.send(&said).await?.json()?;
    }

    let mut connection = Connection::open(frontend.address).await?;
    for _ in 0..WARM_UP + PAGES {
        let page = connection.send(&person.page()).await?;
        if page.status != 200 {
            return Err(format!("the page answered {}", page.status).into());
        }
    }
    let pages = &read(&frontend.log()?)?[WARM_UP..];
    let of = |value: fn(&Page) -> f64| median(pages.iter().map(value).collect());
    Ok(vec![
        Figure::new(
            "calls to the backend",
            of(|page| page.calls.len() as f64),
            "",
        ),
        Figure::new("the page", of(|page| page.took), "ms"),
        Figure::new("its slowest call", of(Page::slowest), "ms"),
        Figure::new(
            "its calls one after the other",
            of(|page| page.calls.iter().sum()),
            "ms",
        ),
        Figure::new(
            "the page beside its slowest call",
            of(|page| page.took / page.slowest()),
            "×",
        )
        .at_most(2.0),
    ])
}

impl Page {
    fn slowest(&self) -> f64 {
        self.calls.iter().copied().fold(0.0, f64::max)
    }
}

/// The pages in their order.
fn read(log: &str) -> Result<Vec<Page>> {
    let mut pages: HashMap<String, Page> = HashMap::new();
    let mut finished = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line)?;
        let (Some(id), Some(ms)) = (line["request_id"].as_str(), line["ms"].as_f64()) else {
            continue;
        };
        match line["message"].as_str() {
            Some("call") => pages.entry(id.to_owned()).or_default().calls.push(ms),
            Some("request") if line["route"] == "/" => {
                let page = pages.remove(id).unwrap_or_default();
                finished.push(Page { took: ms, ..page });
            }
            _ => {}
        }
    }
    Ok(finished)
}
