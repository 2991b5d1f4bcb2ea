//! `cargo xtask cluster logs REQUEST_ID`: one request, from the Ingress to the statements.
//!
//! The log aggregation of docs/logs.md is asked where it is installed, and otherwise the pods.

use std::process::Command;

use serde::Deserialize;

use super::Place;
use crate::{Result, forward::Forwarded, process::output, tools};

/// The port that Loki answers at.
const LOKI: u16 = 3100;
/// What the parts of the product are called.
const FRONTEND: &str = "todo-frontend";
const BACKEND: &str = "todo-backend";

/// Which request.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The `x-request-id` of the answer, which error pages and problem documents show too.
    request_id: String,
    /// The namespace of the Ingress controller.
    #[arg(long, default_value = "ingress-nginx")]
    ingress: String,
    /// The namespace of the log aggregation.
    #[arg(long, default_value = "todo-logs")]
    logs: String,
    /// Ask the pods, even where the log aggregation is installed.
    #[arg(long)]
    pods: bool,
    /// How far to look back.
    #[arg(long, default_value = "1h")]
    since: String,
}

/// Whether it is an id as the servers take it. Anything else is in no log, and must not get into a
/// query.
fn is_request_id(text: &str) -> bool {
    (8..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A line of a pod's log.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// Which hop of the request it is of: the Ingress, the frontend, the backend.
    hop: usize,
    /// When, as text that sorts.
    time: String,
    app: String,
    text: String,
}

/// Prints the lines that name the request, in the order of the hops.
pub(super) fn follow(arguments: &Arguments) -> Result {
    tools::on_path(&["kubectl"])?;
    if !is_request_id(&arguments.request_id) {
        return Err("a request id is 8 to 64 characters of A-Z, a-z, 0-9 and -".into());
    }
    let service = if arguments.pods {
        None
    } else {
        service(&arguments.logs)?
    };
    let mut lines = match &service {
        Some(service) => stored(arguments, service)?,
        None => of_pods(arguments)?,
    };
    lines.sort();
    if lines.is_empty() {
        let hint = match service {
            Some(_) => "`--since` looks further back",
            None => "pods that are gone took their lines along",
        };
        return Err(format!(
            "no line of the last {} names {}; {hint}",
            arguments.since, arguments.request_id
        )
        .into());
    }
    for line in lines {
        println!("{:<13} {}", line.app, line.text);
    }
    Ok(())
}

/// The Service of Loki, if it is installed.
fn service(namespace: &str) -> Result<Option<String>> {
    let found = output(Command::new("kubectl").args([
        "--namespace",
        namespace,
        "get",
        "services",
        "--selector=app.kubernetes.io/name=todo-loki",
        "--output=name",
    ]))?;
    Ok(found.lines().next().map(str::to_owned))
}

/// What Loki answers to a query.
#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Stream>,
}

/// The lines that have the same labels.
#[derive(Deserialize)]
struct Stream {
    #[serde(rename = "stream")]
    labels: Labels,
    /// Nanoseconds since 1970, and the line.
    values: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Labels {
    namespace: String,
    app: String,
}

/// The lines that Loki has, by one query.
fn stored(arguments: &Arguments, service: &str) -> Result<Vec<Line>> {
    let forwarded = Forwarded::new(&arguments.logs, service, LOKI)?;
    let query = format!(
        "query={{namespace=~\"{}|{}\"}} |= \"{}\"",
        arguments.place.namespace, arguments.ingress, arguments.request_id
    );
    let answer = output(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail-with-body", "--get"])
            .args(["--data-urlencode", &query])
            .args(["--data", &format!("since={}", arguments.since)])
            .args(["--data", "limit=5000"])
            .arg(format!(
                "http://127.0.0.1:{}/loki/api/v1/query_range",
                forwarded.port
            )),
    )?;
    lines(&answer, &arguments.ingress)
}

fn lines(answer: &str, ingress: &str) -> Result<Vec<Line>> {
    let answer: Answer = serde_json::from_str(answer)?;
    let streams = answer.data.result.into_iter();
    Ok(streams
        .flat_map(|Stream { labels, values }| {
            let hop = match labels.app.as_str() {
                _ if labels.namespace == ingress => 0,
                FRONTEND => 1,
                _ => 2,
            };
            values.into_iter().map(move |(time, text)| Line {
                hop,
                time,
                app: labels.app.clone(),
                text,
            })
        })
        .collect())
}

/// The lines that the pods have which are there now.
fn of_pods(arguments: &Arguments) -> Result<Vec<Line>> {
    let namespace = arguments.place.namespace.as_str();
    let hops = [
        (arguments.ingress.as_str(), "ingress-nginx"),
        (namespace, FRONTEND),
        (namespace, BACKEND),
    ];
    let mut found = Vec::new();
    for (hop, (namespace, name)) in hops.into_iter().enumerate() {
        let log = output(Command::new("kubectl").args([
            "--namespace",
            namespace,
            "logs",
            &format!("--selector=app.kubernetes.io/name={name}"),
            &format!("--since={}", arguments.since),
            "--tail=-1",
            "--timestamps",
            "--max-log-requests=50",
        ]))?;
        let lines = log
            .lines()
            .filter(|line| line.contains(&arguments.request_id))
            .filter_map(|line| line.split_once(' '));
        found.extend(lines.map(|(time, text)| Line {
            hop,
            time: time.to_owned(),
            app: name.to_owned(),
            text: text.to_owned(),
        }));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_gets_into_a_query() {
        assert!(is_request_id("663b374d0f24d7d799e9a4e9965bc75b"));
        for wrong in ["short", "a\"} or {b", "", &"x".repeat(65)] {
            assert!(!is_request_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn lines_are_told_from_hop_to_hop_as_they_were_written() {
        let answer = r#"{"status": "success", "data": {"resultType": "streams", "result": [
            {"stream": {"app": "todo-backend", "namespace": "todo-app", "pod": "b"},
             "values": [["1795924800000000003", "request"], ["1795924800000000002", "statement"]]},
            {"stream": {"app": "controller", "namespace": "ingress", "pod": "i"},
             "values": [["1795924800000000005", "access"]]},
            {"stream": {"app": "todo-frontend", "namespace": "todo-app", "pod": "f"},
             "values": [["1795924800000000004", "page"]]}
        ]}}"#;
        let mut lines = lines(answer, "ingress").unwrap();
        lines.sort();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["access", "page", "statement", "request"]);
    }
}
