//! Which tasks of the list words mean.

use std::collections::HashSet;

use todo_api::TaskStatus;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{
    super::{
        tokens::fold,
        words::{is_misspelt, is_start, stem},
    },
    Task,
};

/// The tasks that words may mean.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Found {
    /// All of the words are in the titles of these.
    Sure(Vec<Task>),
    /// Only some of the words are: worth a question, not an action.
    Perhaps(Vec<Task>),
    Nothing,
}

/// Finds the tasks that words mean. Of several that match, those of the wanted status win.
pub(in super::super) fn find(wanted: &str, tasks: &[Task], status: TaskStatus) -> Found {
    let words = content_words(wanted);
    if words.is_empty() {
        return Found::Nothing;
    }
    let prepared: Vec<(&Task, Vec<String>)> = tasks
        .iter()
        .map(|task| (task, split_words(&task.title)))
        .collect();
    let exact = key(wanted);
    let same: Vec<&Task> = prepared
        .iter()
        .filter(|(task, _)| key(&task.title) == exact)
        .map(|(task, _)| *task)
        .collect();
    if !same.is_empty() {
        return Found::Sure(prefer(same, status));
    }
    // From the strictest comparison to the most lenient; the first that finds something decides.
    let comparisons: [fn(&str, &str) -> bool; 3] = [
        |wanted, word| wanted == word,
        |wanted, word| stem(wanted) == stem(word) || is_start(wanted, word),
        is_misspelt,
    ];
    for same_word in comparisons {
        let matching: Vec<&Task> = prepared
            .iter()
            .filter(|(_, title)| words.iter().all(|w| title.iter().any(|t| same_word(w, t))))
            .map(|(task, _)| *task)
            .collect();
        if !matching.is_empty() {
            return Found::Sure(prefer(matching, status));
        }
    }
    let tagged: Vec<&Task> = tasks
        .iter()
        .filter(|task| {
            words.iter().all(|w| {
                let in_title = || split_words(&task.title).iter().any(|t| stem(t) == stem(w));
                task.tags.iter().any(|tag| stem(&key(tag)) == stem(w)) || in_title()
            })
        })
        .collect();
    if !tagged.is_empty() {
        return Found::Sure(prefer(tagged, status));
    }
    let score = |title: &[String]| {
        let hits = words
            .iter()
            .filter(|w| {
                title
                    .iter()
                    .any(|t| stem(w) == stem(t) || is_misspelt(w, t))
            })
            .count();
        if hits * 2 >= words.len() { hits } else { 0 }
    };
    let best = prepared
        .iter()
        .map(|(_, title)| score(title))
        .max()
        .unwrap_or(0);
    if best == 0 {
        return Found::Nothing;
    }
    let near = prepared.iter().filter(|(_, title)| score(title) == best);
    Found::Perhaps(prefer(near.map(|(task, _)| *task).collect(), status))
}

/// The tasks of an enumeration, "the dentist, rent and groceries", if each part means one.
pub(in super::super) fn find_each(
    wanted: &str,
    tasks: &[Task],
    status: TaskStatus,
) -> Option<Vec<i64>> {
    const PARTS_MAX: usize = 10;
    let parts: Vec<&str> = wanted
        .split([',', '&'])
        .flat_map(|part| part.split(" and "))
        .map(|part| part.trim().trim_start_matches("and "))
        .filter(|part| !part.is_empty())
        .collect();
    if !(2..=PARTS_MAX).contains(&parts.len()) {
        return None;
    }
    let only = |part: &&str| match find(part, tasks, status) {
        Found::Sure(found) => match found.as_slice() {
            [only] => Some(only.id),
            _ => None,
        },
        _ => None,
    };
    parts.iter().map(only).collect()
}

fn prefer(tasks: Vec<&Task>, status: TaskStatus) -> Vec<Task> {
    let fits = |task: &&&Task| match status {
        TaskStatus::All => true,
        TaskStatus::Pending => !task.completed,
        TaskStatus::Completed => task.completed,
    };
    let fitting: Vec<Task> = tasks.iter().filter(fits).map(|t| (*t).clone()).collect();
    if fitting.is_empty() {
        tasks.into_iter().cloned().collect()
    } else {
        fitting
    }
}

/// The comparable form of a text: no case, no accents, single spaces.
fn key(text: &str) -> String {
    split_words(text).join(" ")
}

fn split_words(text: &str) -> Vec<String> {
    let plain: String = fold(text)
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .collect();
    plain
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(|word| word.trim_matches('\'').trim_end_matches("'s"))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of a reference that say something, each once.
pub(super) fn content_words(text: &str) -> Vec<String> {
    const EMPTY: [&str; 48] = [
        "the", "a", "an", "my", "to", "of", "for", "with", "and", "about", "in", "on", "at",
        "that", "this", "it", "is", "task", "todo", "one", "please", "our", "some", "from", "item",
        "i", "thing", "tasks", "todos", "items", "things", "which", "called", "named", "off", "up",
        "out", "now", "all", "list", "them", "me", "are", "was", "were", "has", "have", "been",
    ];
    let all = split_words(text);
    let mut seen = HashSet::new();
    all.into_iter()
        .filter(|word| !EMPTY.contains(&word.as_str()) && seen.insert(word.clone()))
        .take(20)
        .collect()
}

/// The tasks of which a sentence speaks, if only by one of its words.
pub(in super::super) fn mentioned(sentence: &str, tasks: &[Task], status: TaskStatus) -> Vec<Task> {
    let stems: Vec<String> = content_words(sentence).iter().map(|w| stem(w)).collect();
    let hits = |task: &Task| {
        let title: Vec<String> = split_words(&task.title).iter().map(|w| stem(w)).collect();
        stems.iter().filter(|word| title.contains(word)).count()
    };
    let best = tasks.iter().map(hits).max().unwrap_or(0);
    let best: Vec<&Task> = tasks
        .iter()
        .filter(|task| best > 0 && hits(task) == best)
        .collect();
    prefer(best, status)
}
