//! A conversation with the assistant: the real plan, driven step by step against a small list in
//! memory.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::super::{commands::Talk, dates::Clock, plan, replies::Part};
use crate::model::{ModelMessage, Request};

/// Monday 2026-11-23, 09:00 in Berlin.
const NOW: &str = "2026-11-23T08:00:00Z";
const ZONE: &str = "Europe/Berlin";

pub(super) fn clock() -> Clock {
    Clock::new(NOW.parse().unwrap(), TimeZone::get(ZONE).unwrap())
}

/// The list that every phrase starts from.
fn tasks() -> Vec<Value> {
    let task = |id: i64,
                title: &str,
                due: Option<&str>,
                priority: &str,
                tags: &[&str],
                completed: bool| {
        json!({"id": id, "title": title, "description": null, "completed": completed, "priority": priority,
            "due_date": due, "tags": tags})
    };
    vec![
        task(9, "Team lunch", Some("2026-11-26"), "none", &[], false),
        task(8, "Send invoice to ACME", None, "none", &["work"], true),
        task(7, "Water the plants", None, "none", &[], true),
        task(6, "Book flights to Lisbon", None, "low", &["travel"], false),
        task(
            5,
            "Dentist appointment",
            Some("2026-11-20"),
            "none",
            &[],
            false,
        ),
        task(
            4,
            "Prepare team meeting",
            Some("2026-11-24T13:00:00Z"),
            "none",
            &["work"],
            false,
        ),
        task(3, "Buy groceries", None, "none", &["shopping"], false),
        task(2, "Pay rent", Some("2026-11-27"), "high", &["home"], false),
        task(1, "Call mom", None, "none", &[], false),
    ]
}

/// A conversation with the assistant about a list in memory.
pub(super) struct Talking {
    tasks: Vec<Value>,
    messages: Vec<ModelMessage>,
    parts: Vec<Part>,
    lists: Vec<Value>,
}

impl Talking {
    pub(super) fn new() -> Self {
        Self {
            tasks: tasks(),
            messages: Vec::new(),
            parts: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Says something and returns the answer.
    pub(super) fn say(&mut self, text: &str) -> String {
        self.lists.clear();
        self.messages.push(ModelMessage::User(text.to_owned()));
        for _ in 0..8 {
            let request = Request {
                messages: self.messages.clone(),
                tools: Vec::new().into(),
                now: NOW.parse::<Timestamp>().unwrap(),
                zone: TimeZone::get(ZONE).unwrap(),
            };
            let step = plan::next(&request);
            self.messages.push(ModelMessage::Assistant {
                text: step.text.clone(),
                calls: step.calls.clone(),
            });
            if step.calls.is_empty() {
                self.parts = step.parts;
                return step.text;
            }
            for call in step.calls {
                let content = self.call(&call.tool, &call.args);
                if call.id.starts_with("list-") {
                    self.lists.push(call.args.clone());
                }
                self.messages.push(ModelMessage::ToolResult {
                    call_id: call.id,
                    content,
                });
            }
        }
        panic!("it never came to an end: {text}");
    }

    fn call(&mut self, tool: &str, args: &Value) -> Value {
        assert!(is_within_limits(args), "{tool} {args}");
        let id = args["task_id"].as_i64();
        let at = self.tasks.iter().position(|task| task["id"].as_i64() == id);
        match (tool, at) {
            ("list_tasks", _) => {
                let status = args["status"].as_str().unwrap_or("all");
                let fits = |task: &&Value| {
                    (status == "all" || task["completed"] == json!(status == "completed"))
                        && args
                            .get("priority")
                            .is_none_or(|priority| task["priority"] == *priority)
                        && args["tag"].as_str().is_none_or(|tag| {
                            task["tags"].as_array().unwrap().contains(&json!(tag))
                        })
                        && args["search"].as_str().is_none_or(|text| {
                            task["title"]
                                .as_str()
                                .unwrap()
                                .to_lowercase()
                                .contains(&text.to_lowercase())
                        })
                };
                Value::Array(self.tasks.iter().filter(fits).cloned().collect())
            }
            ("add_task", _) => {
                let id = self
                    .tasks
                    .iter()
                    .filter_map(|task| task["id"].as_i64())
                    .max()
                    .unwrap_or(0)
                    + 1;
                let mut task = json!({"id": id, "description": null, "completed": false, "priority": "none",
                    "due_date": null, "tags": []});
                merge(&mut task, args);
                let title = task["title"].clone();
                self.tasks.insert(0, task);
                json!({"task_id": id, "status": "created", "title": title})
            }
            (_, None) => json!({"error": "There is no such task.", "code": "not_found"}),
            ("delete_task", Some(at)) => {
                let task = self.tasks.remove(at);
                json!({"task_id": id, "status": "deleted", "title": task["title"]})
            }
            ("complete_task", Some(at)) => {
                self.tasks[at]["completed"] = json!(args["completed"].as_bool().unwrap_or(true));
                json!({"task_id": id, "status": "completed", "title": self.tasks[at]["title"]})
            }
            (_, Some(at)) => {
                merge(&mut self.tasks[at], args);
                json!({"task_id": id, "status": "updated", "title": self.tasks[at]["title"]})
            }
        }
    }

    /// What came of it, in the notation of the tables, sorted.
    pub(super) fn effects(&self) -> Vec<String> {
        let before = tasks();
        let mut effects = Vec::new();
        for old in &before {
            let id = old["id"].as_i64().unwrap();
            match self.tasks.iter().find(|task| task["id"] == old["id"]) {
                None => effects.push(format!("delete {id}")),
                Some(new) => {
                    if old["completed"] != new["completed"] {
                        effects.push(format!(
                            "{} {id}",
                            if new["completed"] == json!(true) {
                                "complete"
                            } else {
                                "reopen"
                            }
                        ));
                    }
                    let changed = fields(new, Some(old));
                    if !changed.is_empty() {
                        effects.push(format!("update {id} {changed}"));
                    }
                }
            }
        }
        for new in self
            .tasks
            .iter()
            .filter(|task| task["id"].as_i64() > Some(9))
        {
            let done = if new["completed"] == json!(true) {
                " completed"
            } else {
                ""
            };
            effects.push(format!("add {}{done}", fields(new, None)));
        }
        for part in &self.parts {
            effects.extend(match part {
                Part::Listed(..) | Part::Shown(_) | Part::Counted(..) => Some("list".to_owned()),
                Part::NotFound(_) => Some("not found".to_owned()),
                Part::AsksWhich(tasks) => {
                    let mut ids: Vec<i64> = tasks.iter().map(|task| task.id).collect();
                    ids.sort_unstable();
                    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                    Some(format!("asks which {}", ids.join(" ")))
                }
                Part::AsBefore(task) => {
                    let state = if task.completed {
                        "done already"
                    } else {
                        "still open"
                    };
                    Some(format!("{state} {}", task.id))
                }
                Part::AsksWhichOne | Part::AsksWhatToAdd | Part::AsksWhatToChange => {
                    Some("asks what".to_owned())
                }
                Part::Talk(talk) => Some(
                    match talk {
                        Talk::Greeting => "greets",
                        Talk::Thanks => "thanks",
                        Talk::Help => "help",
                        Talk::NoReminder => "no reminder",
                        Talk::NoRepetition(_) => "no repetition",
                        Talk::OtherLanguage => "other language",
                        Talk::NotUnderstood { .. } => "not understood",
                        Talk::Cancel => "cancel",
                        Talk::Agree => "agrees",
                        Talk::Undo => "undo",
                    }
                    .to_owned(),
                ),
                Part::Done(_) | Part::Offer(_) | Part::Declined | Part::Refused(_) => None,
            });
        }
        effects.sort();
        effects
    }
}

fn merge(task: &mut Value, args: &Value) {
    for (name, value) in args
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| *name != "task_id")
    {
        task[name] = value.clone();
    }
}

/// The fields of a task in the notation of the tables: all that are set, or those that changed.
fn fields(task: &Value, old: Option<&Value>) -> String {
    let mut said = Vec::new();
    let differs = |name: &str| match old {
        Some(old) => task[name] != old[name],
        None => !(task[name].is_null() || task[name] == json!("none") || task[name] == json!([])),
    };
    for (name, key) in [
        ("title", "title"),
        ("due_date", "due"),
        ("priority", "priority"),
        ("tags", "tags"),
        ("description", "description"),
    ] {
        if !differs(name) {
            continue;
        }
        let value = match &task[name] {
            Value::Null => "none".to_owned(),
            Value::Array(tags) if tags.is_empty() => "none".to_owned(),
            Value::Array(tags) => {
                let mut tags: Vec<String> = tags
                    .iter()
                    .map(|tag| tag.as_str().unwrap().to_lowercase())
                    .collect();
                tags.sort();
                tags.join(",")
            }
            Value::String(text) if name == "due_date" => local(text),
            value => value.as_str().unwrap().to_owned(),
        };
        said.push(format!("{key}={value}"));
    }
    said.join(" ")
}

fn local(due: &str) -> String {
    match due.parse::<Timestamp>() {
        Ok(moment) => TimeZone::get(ZONE)
            .unwrap()
            .to_datetime(moment)
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => due.to_owned(),
    }
}

/// The limits that the tools would refuse to go beyond.
fn is_within_limits(args: &Value) -> bool {
    let fits = |name: &str, min: usize, max: usize| match &args[name] {
        Value::String(text) => (min..=max).contains(&text.trim().chars().count()),
        _ => true,
    };
    let tags = args["tags"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let tag_fits = |tag: &Value| (1..=32).contains(&tag.as_str().unwrap().chars().count());
    fits("title", 1, 200)
        && fits("description", 0, 1_000)
        && !args["title"]
            .as_str()
            .is_some_and(|title| title.contains(char::is_control))
        && tags.len() <= 20
        && tags.iter().all(tag_fits)
}
