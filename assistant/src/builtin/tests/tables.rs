//! The tables of phrases.

use serde_json::{Map, json};

use super::talking::Talking;

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
    let wrong = misunderstood(include_str!("../phrases/ours.md"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_everyday_phrase_is_understood() {
    let wrong = misunderstood(include_str!("../phrases/everyday.md"));
    assert!(
        wrong.is_empty(),
        "{} misunderstood:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
