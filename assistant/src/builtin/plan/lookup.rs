//! Which tasks a command means, by the list as it is and by what was said and shown before.

use serde_json::Value;
use todo_api::TaskStatus;

use super::{
    super::{
        commands::Action,
        references::{self, Found, Position, Reference, Task},
    },
    Context, LOOKUP, Made, tasks,
};
use crate::model::ModelMessage;

/// What was found.
pub(super) enum Resolved {
    These(Vec<i64>),
    /// Several fit, or only in part.
    Unsure(Vec<Task>),
    None,
}

impl Context<'_> {
    /// All tasks, as the look at the list showed them.
    pub(super) fn tasks(&self) -> Vec<Task> {
        self.made
            .iter()
            .find(|made| made.call.id == LOOKUP)
            .map(|made| tasks(&made.result))
            .unwrap_or_default()
    }

    /// Which tasks are meant.
    pub(super) fn resolve(&self, action: &Action, targets: &[Reference]) -> Resolved {
        let all = self.tasks();
        let status = match action {
            Action::Reopen => TaskStatus::Completed,
            _ => TaskStatus::Pending,
        };
        let mut found: Vec<i64> = Vec::new();
        for target in targets {
            let these: Vec<i64> = match target {
                Reference::Number(id) => vec![*id],
                Reference::Position(position) => match self.at(*position, &all).as_slice() {
                    [] => Vec::new(),
                    [only] => vec![*only],
                    several => {
                        let fits = |task: &&Task| several.contains(&task.id);
                        return Resolved::Unsure(all.iter().filter(fits).cloned().collect());
                    }
                },
                Reference::It => self.spoken_of().last().copied().into_iter().collect(),
                Reference::Them => self.spoken_of(),
                Reference::Newest => all.iter().map(|task| task.id).max().into_iter().collect(),
                Reference::Words(words) => match references::find(words, &all, status) {
                    Found::Sure(tasks) if tasks.len() == 1 => vec![tasks[0].id],
                    Found::Sure(tasks) => return Resolved::Unsure(tasks),
                    less => match (references::find_each(words, &all, status), less) {
                        (Some(ids), _) => ids,
                        (None, Found::Perhaps(tasks)) => return Resolved::Unsure(tasks),
                        (None, _) => Vec::new(),
                    },
                },
                Reference::Mention(sentence) => {
                    let tasks = references::mentioned(sentence, &all, status);
                    if tasks.is_empty() {
                        Vec::new()
                    } else {
                        return Resolved::Unsure(tasks);
                    }
                }
                Reference::The(filter) => {
                    let tasks: Vec<Task> = all
                        .iter()
                        .filter(|task| filter.selects(task, &self.clock))
                        .cloned()
                        .collect();
                    match tasks.as_slice() {
                        [only] => vec![only.id],
                        [] => Vec::new(),
                        _ => return Resolved::Unsure(tasks),
                    }
                }
                Reference::All(filter) => {
                    let fits = |task: &&Task| {
                        filter.selects(task, &self.clock)
                            && match action {
                                Action::Complete => !task.completed,
                                Action::Reopen => task.completed,
                                // "push everything to friday": what is done needs no date.
                                Action::Update(_) => {
                                    !task.completed || filter.status != TaskStatus::All
                                }
                                Action::Delete => true,
                            }
                    };
                    all.iter().filter(fits).map(|task| task.id).collect()
                }
            };
            if these.is_empty() {
                return Resolved::None;
            }
            found.extend(these);
        }
        found.dedup();
        if found.is_empty() {
            Resolved::None
        } else {
            Resolved::These(found)
        }
    }

    /// The task at a place of the list that was shown last. If none was shown, it may be counted
    /// from the newest, as the page does, or from the oldest, as the numbers do: then both.
    fn at(&self, position: Position, all: &[Task]) -> Vec<i64> {
        let nth = |list: &[i64]| match position {
            Position::Nth(n) => {
                let at = usize::try_from(n).ok()?.checked_sub(1)?;
                list.get(at).copied()
            }
            Position::Last => list.last().copied(),
        };
        if let Some(shown) = self.shown() {
            return nth(&shown).into_iter().collect();
        }
        let pending = all.iter().filter(|task| !task.completed);
        let mut list: Vec<i64> = pending.map(|task| task.id).collect();
        let from_newest = nth(&list);
        list.reverse();
        let mut ids: Vec<i64> = from_newest.into_iter().chain(nth(&list)).collect();
        ids.dedup();
        ids
    }

    /// The numbers in the last list that an answer showed.
    fn shown(&self) -> Option<Vec<i64>> {
        self.history.iter().rev().find_map(|message| match message {
            ModelMessage::Assistant { text, .. } => {
                let rows: Vec<i64> = text.lines().filter_map(number_of_row).collect();
                (!rows.is_empty()).then_some(rows)
            }
            _ => None,
        })
    }

    /// The tasks that were spoken of last: in this message, or else in the latest turn that did
    /// something, or else the only one that was shown.
    fn spoken_of(&self) -> Vec<i64> {
        let here: Vec<i64> = self.made.iter().filter_map(Made::task_id).collect();
        if !here.is_empty() {
            return here;
        }
        let mut ids = Vec::new();
        for message in self.history.iter().rev() {
            match message {
                ModelMessage::Assistant { text, .. } if ids.is_empty() => {
                    let rows: Vec<i64> = text.lines().filter_map(number_of_row).collect();
                    if let [only] = rows.as_slice() {
                        return vec![*only];
                    }
                }
                ModelMessage::User(_) if !ids.is_empty() => break,
                ModelMessage::ToolResult { content, .. } => {
                    if let Some(id) = content.get("task_id").and_then(Value::as_i64) {
                        ids.insert(0, id);
                    }
                }
                _ => {}
            }
        }
        ids
    }
}

/// The number that a row of a shown list begins with: "- **3** Buy groceries".
fn number_of_row(line: &str) -> Option<i64> {
    let (number, _) = line.strip_prefix("- **")?.split_once("** ")?;
    number.parse().ok()
}
