//! What people say and what comes of it, from tables that anyone can extend. The real plan is
//! driven step by step against a small list in memory.

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    commands::{Talk, parse},
    dates::Clock,
    pattern, plan,
    replies::Part,
};
use crate::assistant::model::{ModelMessage, Request};

/// Monday 2026-11-23, 09:00 in Berlin.
const NOW: &str = "2026-11-23T08:00:00Z";
const ZONE: &str = "Europe/Berlin";

fn clock() -> Clock {
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
struct Talking {
    tasks: Vec<Value>,
    messages: Vec<ModelMessage>,
    parts: Vec<Part>,
    lists: Vec<Value>,
}

impl Talking {
    fn new() -> Self {
        Self {
            tasks: tasks(),
            messages: Vec::new(),
            parts: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Says something and returns the answer.
    fn say(&mut self, text: &str) -> String {
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
    fn effects(&self) -> Vec<String> {
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

/// A row's right side in the same form as [`Talking::effects`]. A list's filters are left to the
/// tests of the filters; here it matters that a list was shown.
fn expected(text: &str) -> Vec<String> {
    let mut effects: Vec<String> = text
        .split(" ; ")
        .map(|effect| {
            let effect = effect.trim();
            let (verb, rest) = effect.split_once(' ').unwrap_or((effect, ""));
            match verb {
                "list" => "list".to_owned(),
                "add" => format!("add {}", pairs(rest)),
                "update" => {
                    let (id, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                    format!("update {id} {}", pairs(rest))
                }
                _ => effect.to_owned(),
            }
        })
        .collect();
    effects.sort();
    effects
}

fn pairs(text: &str) -> String {
    let mut values = Map::new();
    let mut rest = text.trim();
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap(),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        let mut value = value.to_owned();
        if key == "tags" {
            let mut tags: Vec<&str> = value.split(',').collect();
            tags.sort_unstable();
            value = tags.join(",");
        }
        values.insert(key.trim().to_owned(), json!(value));
        rest = next.trim_start();
    }
    let order = ["title", "due", "priority", "tags", "description"];
    let said = order
        .iter()
        .filter_map(|key| Some(format!("{key}={}", values.get(*key)?.as_str()?)));
    said.collect::<Vec<_>>().join(" ")
}

fn rows(table: &str) -> Vec<(String, String)> {
    let cells = |line: &str| {
        let line = line.replace("\\|", "\u{1}");
        let mut cells = line
            .trim()
            .trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('\u{1}', "|"));
        Some((cells.next()?, cells.next()?))
    };
    let is_row = |line: &&str| {
        line.starts_with('|') && !line.starts_with("| ---") && !line.starts_with("| the user says")
    };
    table.lines().filter(is_row).filter_map(cells).collect()
}

/// The rows that come out otherwise, each as a line.
fn misunderstood(table: &str) -> Vec<String> {
    let misunderstood = rows(table).into_iter().filter_map(|(said, expects)| {
        let mut talking = Talking::new();
        for message in said.split(" → ") {
            talking.say(message);
        }
        let (expects, got) = (expected(&expects), talking.effects());
        (got != expects).then(|| {
            format!(
                "{said}\n    expected {}\n    got      {}",
                expects.join(" ; "),
                got.join(" ; ")
            )
        })
    });
    misunderstood.collect()
}

#[test]
fn every_phrase_of_ours_is_understood() {
    let wrong = misunderstood(include_str!("phrases/ours.md"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_everyday_phrase_is_understood() {
    let wrong = misunderstood(include_str!("phrases/everyday.md"));
    assert!(
        wrong.is_empty(),
        "{} misunderstood:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_question_which_one_is_answered_by_number_by_position_or_by_a_word() {
    for answer in [
        "9",
        "the second one",
        "lunch",
        "the lunch one",
        "task 9",
        "#9",
    ] {
        let mut talking = Talking::new();
        let question = talking.say("delete the team task");
        assert!(question.contains("Which one"), "{question}");
        talking.say(answer);
        let gone: Vec<String> = talking
            .effects()
            .into_iter()
            .filter(|effect| effect.starts_with("delete"))
            .collect();
        let expects = if answer == "the second one" {
            "delete 4"
        } else {
            "delete 9"
        };
        assert_eq!(gone, [expects], "{answer}");
    }
}

#[test]
fn it_is_the_task_that_was_spoken_of_last() {
    let mut talking = Talking::new();
    talking.say("add call Bob");
    let answer = talking.say("mark it as done");
    assert!(answer.contains("Call Bob"), "{answer}");
    assert!(
        talking
            .effects()
            .iter()
            .any(|effect| effect == "add title=Call Bob completed"),
        "{:?}",
        talking.effects()
    );
}

#[test]
fn the_third_is_a_place_in_the_list_that_was_shown() {
    let mut talking = Talking::new();
    talking.say("show all my tasks");
    talking.say("complete the first one");
    assert_eq!(talking.effects(), ["complete 9"]);
}

#[test]
fn what_a_task_is_called_cannot_change_the_look_of_an_answer() {
    let mut talking = Talking::new();
    let answer = talking.say("add \"<b>**bold** [x](http://y)\"");
    assert!(
        !answer.contains("<b>") || answer.contains("\\<b"),
        "{answer}"
    );
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

#[test]
fn the_work_grows_with_the_message_and_not_with_its_square() {
    let pieces = [
        "a ",
        "to ",
        "is ",
        "and ",
        "#a ",
        "buy milk, ",
        "a\n",
        "on friday at 5 ",
        "delete task 1 ",
        "5 ",
        "\"'",
    ];
    for beginning in ["", "add #x "] {
        for piece in pieces {
            let steps = |chars: usize| {
                let mut text = beginning.to_owned();
                while text.len() + piece.len() <= chars {
                    text.push_str(piece);
                }
                pattern::work::take();
                parse(&text, &clock());
                pattern::work::take()
            };
            let (half, whole) = (steps(2_000), steps(4_000));
            assert!(
                whole <= 4 * half.max(50_000),
                "{beginning}{piece}…: {half} steps, then {whole}"
            );
            assert!(whole < 8_000_000, "{beginning}{piece}…: {whole} steps");
        }
    }
}

#[test]
fn what_is_beyond_all_bounds_gets_an_answer() {
    let nested = format!(
        "add {}x{}",
        "\"'\u{201c}".repeat(600),
        "\u{201d}'\"".repeat(600)
    );
    let title = format!("add {}", "word ".repeat(790));
    let digits = format!("delete task {}", "9".repeat(3_900));
    for text in [
        nested.as_str(),
        title.as_str(),
        digits.as_str(),
        "delete task 9223372036854775808",
        "mark -1 and 0 as done",
        "move task 3 by 99999999999999999999 years",
        "add x in 99999 years",
        "add x on 31.02.2026",
        "add \0 nul \u{7} bell",
        "add \u{202e}gnol yrev\u{202c} tomorrow",
        "add e\u{301}\u{301}\u{301}\u{301} cafe\u{301} #cafe\u{301}",
        "\0",
        "\u{feff}\u{200b}",
        "#",
        "!!!!!!!!!!!!",
        "\u{1f600}",
    ] {
        let answer = Talking::new().say(text);
        assert!(!answer.is_empty(), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn anything_gets_an_answer(text in "\\PC{0,300}") {
        let answer = Talking::new().say(&text);
        prop_assert!(!answer.is_empty());
    }

    #[test]
    fn any_character_may_stand_anywhere(
        pieces in proptest::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                prop::sample::select(vec!["add ", "mark ", " done", "task ", " and ", "\"", "'", "\u{201c}", "\n", "#", "!", "9",
                    "99999999999999999999", "\0", "\u{202e}", "\u{301}", " tomorrow ", ", "]).prop_map(str::to_owned),
            ],
            0..120,
        )
    ) {
        let answer = Talking::new().say(&pieces.concat());
        prop_assert!(!answer.is_empty());
    }

    #[test]
    fn words_of_the_grammar_in_any_order_get_an_answer(
        words in proptest::collection::vec(
            prop::sample::select(vec!["add", "delete", "task", "3", "the", "and", ",", "tomorrow", "at", "5pm", "#home",
                "!high", "all", "it", "every", "mark", "done", "to", "\"x\"", "\n", "31st", "feb", "29", "in", "2", "weeks"]),
            0..40,
        )
    ) {
        let answer = Talking::new().say(&words.join(" "));
        prop_assert!(!answer.is_empty());
    }
}
