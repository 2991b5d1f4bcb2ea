//! Which tasks are meant by "open tasks", "what's due this week", "everything tagged home".
mod reader;

use jiff::civil::Date;
use todo_api::{DueDate, Priority, TaskSort, TaskStatus};

use super::{dates::Clock, references::Task};

pub(super) use reader::parse;

/// A selection of tasks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter {
    pub(super) status: TaskStatus,
    pub(super) due: Option<Due>,
    pub(super) priority: Option<Priority>,
    pub(super) tag: Option<String>,
    pub(super) search: Option<String>,
    pub(super) sort: TaskSort,
    /// At most so many are shown.
    pub(super) limit: Option<usize>,
}

/// A selection by due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Overdue,
    /// From the first to the last of these days.
    Days(Date, Date),
    /// Without a date.
    Never,
    /// With any date.
    Ever,
}

impl Filter {
    pub(super) fn pending() -> Self {
        Self {
            status: TaskStatus::Pending,
            ..Self::default()
        }
    }

    /// Whether it selects this task; the search is the list tool's to decide.
    pub(super) fn selects(&self, task: &Task, clock: &Clock) -> bool {
        let status = match self.status {
            TaskStatus::All => true,
            TaskStatus::Pending => !task.completed,
            TaskStatus::Completed => task.completed,
        };
        status
            && self
                .priority
                .is_none_or(|priority| task.priority == priority)
            && self.tag.as_ref().is_none_or(|tag| {
                task.tags
                    .iter()
                    .any(|t| t.to_lowercase() == tag.to_lowercase())
            })
            && self.due.is_none_or(|due| due.selects(task.due_date, clock))
    }
}

impl Due {
    fn selects(self, due: Option<DueDate>, clock: &Clock) -> bool {
        match (self, due) {
            (Self::Never, due) => due.is_none(),
            (Self::Ever, due) => due.is_some(),
            (_, None) => false,
            (Self::Overdue, Some(due)) => due.overdue_from(clock.zone()) <= clock.now(),
            (Self::Days(from, to), Some(due)) => (from..=to).contains(&due.day(clock.zone())),
        }
    }
}

/// How certain it is that a phrase is a filter at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Evidence {
    /// Only words such as "my" and "all".
    None,
    /// It has a noun: "tasks", "list".
    Noun,
    /// It has a property: "overdue", "#home", "done".
    Property,
}

/// A filter and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) filter: Filter,
    pub(super) evidence: Evidence,
    /// The noun is "tasks" or "list", which nothing else in a to-do list is.
    pub(super) has_noun: bool,
    /// An unknown word before the noun was taken for a tag: "my work tasks".
    pub(super) guessed_tag: bool,
    /// The status was said and not only implied.
    pub(super) has_status: bool,
}
