//! What the assistant says, in Markdown. Whatever comes from the user or from a task is escaped.

use jiff::civil::Date;
use serde_json::Value;
use todo_api::{DueDate, Priority, TaskStatus};

use super::{
    commands::Talk,
    dates::Clock,
    filters::{Due, Filter},
    references::Task,
};

/// Most tasks that a list shows.
const SHOWN: usize = 50;
/// Most candidates that a question shows.
const CANDIDATES: usize = 10;

/// One thing that an answer says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Done(Done),
    Listed(Filter, Vec<Task>),
    Counted(Filter, usize),
    /// All that there is to say of these.
    Shown(Vec<Task>),
    /// Nothing had to be done: it is so already.
    AsBefore(Task),
    /// There is no such task; what was asked for, if it can be said.
    NotFound(Option<String>),
    /// A task could be made of it.
    Offer(String),
    /// Several tasks fit.
    AsksWhich(Vec<Task>),
    /// No task was named.
    AsksWhichOne,
    AsksWhatToAdd,
    AsksWhatToChange,
    /// The user said no.
    Declined,
    /// The tool refused, with this sentence.
    Refused(String),
    Talk(Talk),
}

/// A write that took effect.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    pub(super) tool: String,
    pub(super) id: i64,
    pub(super) title: String,
    pub(super) args: Value,
    pub(super) due: Option<DueDate>,
}

/// The answer.
pub(super) fn write(parts: &[Part], clock: &Clock) -> String {
    let mut said = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        said.push(match (part, parts.get(at + 1)) {
            // What goes for several is said once, behind the last.
            (Part::Done(done), Some(Part::Done(next))) if done.tool == next.tool => done.say(clock),
            (Part::Done(done), _) => format!("{}{}", done.say(clock), done.remark()),
            (part, _) => part.say(clock),
        });
    }
    said.join("\n\n")
}

impl Part {
    fn say(&self, clock: &Clock) -> String {
        match self {
            Self::Done(done) => done.say(clock),
            Self::Listed(filter, tasks) => list(filter, tasks, clock),
            Self::Shown(tasks) => {
                let rows: Vec<String> = tasks.iter().map(|task| full_row(task, clock)).collect();
                format!("Here you are:\n\n{}", rows.join("\n"))
            }
            Self::Counted(filter, 0) => format!("You have no {}tasks{}.", adjective(filter), scope(filter, clock)),
            Self::Counted(filter, 1) => format!("You have 1 {}task{}.", adjective(filter), scope(filter, clock)),
            Self::Counted(filter, n) => format!("You have {n} {}tasks{}.", adjective(filter), scope(filter, clock)),
            Self::AsBefore(task) if task.completed => {
                format!("**{}** {} was done already, so I changed nothing.", task.id, escape(&task.title))
            }
            Self::AsBefore(task) => {
                format!("**{}** {} is still open, so I changed nothing.", task.id, escape(&task.title))
            }
            Self::NotFound(Some(what)) => {
                format!("I could not find {}. Say “show my tasks” to see them with their numbers.", escape(what))
            }
            Self::NotFound(None) => {
                "I could not find such a task. Say “show my tasks” to see them with their numbers.".to_owned()
            }
            Self::Offer(title) => format!("If it is a new task, say “yes” or “add {}”.", escape(title)),
            Self::AsksWhich(tasks) => {
                let rows: Vec<String> = tasks.iter().take(CANDIDATES).map(|task| row(task, clock)).collect();
                let question = if tasks.len() == 1 {
                    "Do you mean this one? Say “yes”, or the number of another."
                } else {
                    "Which one do you mean? Its number is enough."
                };
                format!("{question}\n\n{}", rows.join("\n"))
            }
            Self::AsksWhichOne => "Which task? Name it by its number or its words, for example “task 3”.".to_owned(),
            Self::AsksWhatToAdd => "What should I add? For example: “add buy milk tomorrow at 5pm #home”.".to_owned(),
            Self::AsksWhatToChange => {
                "What should I change? For example: “change task 1 to Call mom tonight” or “move task 2 to friday”."
                    .to_owned()
            }
            Self::Declined => "All right, I left that as it is.".to_owned(),
            Self::Refused(sentence) => format!("That did not work: {}", escape(sentence)),
            Self::Talk(talk) => say(talk),
        }
    }
}

impl Done {
    fn say(&self, clock: &Clock) -> String {
        let task = format!("**{}** {}", self.id, escape(&self.title));
        match self.tool.as_str() {
            "add_task" => {
                let mut details = Vec::new();
                details.extend(self.due.map(|due| when(due, clock)));
                if let Some(priority) = self
                    .args
                    .get("priority")
                    .and_then(Value::as_str)
                    .filter(|name| *name != "none")
                {
                    details.push(format!("{priority} priority"));
                }
                if let Some(tags) = self.args.get("tags").and_then(Value::as_array) {
                    details.extend(
                        tags.iter()
                            .filter_map(Value::as_str)
                            .map(|tag| format!("#{}", escape(tag))),
                    );
                }
                let details = if details.is_empty() {
                    String::new()
                } else {
                    format!(" · {}", details.join(" · "))
                };
                format!("Added {task}{details}.")
            }
            "complete_task" if self.args.get("completed") == Some(&Value::Bool(false)) => {
                format!("Opened again: {task}.")
            }
            "complete_task" => format!("Done: {task}."),
            "delete_task" => format!("Deleted {task}."),
            _ => {
                let changed = self.changed(clock);
                let changed = if changed.is_empty() {
                    String::new()
                } else {
                    format!(": {}", changed.join(", "))
                };
                format!("Changed {task}{changed}.")
            }
        }
    }

    /// What is said behind it.
    fn remark(&self) -> &'static str {
        match self.tool.as_str() {
            "complete_task" if self.args.get("completed") != Some(&Value::Bool(false)) => {
                " Well done!"
            }
            "delete_task" => " You can undo this for 30 days.",
            _ => "",
        }
    }

    fn changed(&self, clock: &Clock) -> Vec<String> {
        let mut said = Vec::new();
        let args = &self.args;
        if args.get("title").is_some() {
            said.push("new title".to_owned());
        }
        match (self.due, args.get("due_date")) {
            (Some(due), _) => said.push(format!("due {}", when(due, clock))),
            (None, Some(_)) => said.push("no due date".to_owned()),
            (None, None) => {}
        }
        match args.get("priority").and_then(Value::as_str) {
            Some("none") => said.push("no priority".to_owned()),
            Some(priority) => said.push(format!("{priority} priority")),
            None => {}
        }
        if let Some(tags) = args.get("tags").and_then(Value::as_array) {
            let names: Vec<String> = tags
                .iter()
                .filter_map(Value::as_str)
                .map(|tag| format!("#{}", escape(tag)))
                .collect();
            said.push(if names.is_empty() {
                "no tags".to_owned()
            } else {
                names.join(" ")
            });
        }
        match args.get("description") {
            Some(Value::Null) => said.push("no note".to_owned()),
            Some(_) => said.push("new note".to_owned()),
            None => {}
        }
        said
    }
}

fn list(filter: &Filter, tasks: &[Task], clock: &Clock) -> String {
    let what = format!("{}tasks{}", adjective(filter), scope(filter, clock));
    if tasks.is_empty() {
        let unfiltered = filter.due.is_none()
            && filter.tag.is_none()
            && filter.search.is_none()
            && filter.priority.is_none();
        return match filter.status {
            TaskStatus::Completed if unfiltered => {
                "You have not completed anything yet.".to_owned()
            }
            TaskStatus::Pending if unfiltered => "Nothing is pending. Enjoy the calm!".to_owned(),
            TaskStatus::All if unfiltered => {
                "Your list is empty. Try: “add buy milk tomorrow at 5pm #home”.".to_owned()
            }
            _ => format!("You have no {what}."),
        };
    }
    let count = if tasks.len() == 1 {
        what.replacen("tasks", "task", 1)
    } else {
        what
    };
    let rows: Vec<String> = tasks
        .iter()
        .take(SHOWN)
        .map(|task| row(task, clock))
        .collect();
    let more = if tasks.len() > SHOWN {
        format!("\n\n… and {} more in the list.", tasks.len() - SHOWN)
    } else {
        String::new()
    };
    format!(
        "You have {} {count}:\n\n{}{more}",
        tasks.len(),
        rows.join("\n")
    )
}

fn row(task: &Task, clock: &Clock) -> String {
    let mut row = format!("- **{}** {}", task.id, escape(&task.title));
    if task.completed {
        row.push_str(" ✓");
    }
    if let Some(due) = task.due_date {
        row.push_str(&format!(" · {}", when(due, clock)));
        if !task.completed && due.overdue_from(clock.zone()) <= clock.now() {
            row.push_str(" (overdue)");
        }
    }
    if task.priority != Priority::None {
        row.push_str(&format!(" · {} priority", task.priority.as_str()));
    }
    for tag in &task.tags {
        row.push_str(&format!(" · #{}", escape(tag)));
    }
    row
}

/// A row with its note below.
fn full_row(task: &Task, clock: &Clock) -> String {
    let note = task.description.as_deref().map(escape);
    let note = note.filter(|note| !note.is_empty());
    let note = note.map(|note| format!("\n  {note}")).unwrap_or_default();
    format!("{}{note}", row(task, clock))
}

fn adjective(filter: &Filter) -> String {
    let status = match filter.status {
        TaskStatus::All => "",
        TaskStatus::Pending => "pending ",
        TaskStatus::Completed => "completed ",
    };
    let overdue = if filter.due == Some(Due::Overdue) {
        "overdue "
    } else {
        ""
    };
    let status = if overdue.is_empty() { status } else { "" };
    let priority = filter
        .priority
        .map(|priority| format!("{}-priority ", priority.as_str()))
        .unwrap_or_default();
    format!("{overdue}{status}{priority}")
}

fn scope(filter: &Filter, clock: &Clock) -> String {
    let mut scope = String::new();
    match filter.due {
        Some(Due::Days(from, to)) if from == to => {
            scope.push_str(&format!(" due {}", day(from, clock)))
        }
        Some(Due::Days(from, Date::MAX)) => {
            scope.push_str(&format!(" due from {}", day(from, clock)))
        }
        Some(Due::Days(from, to)) => {
            scope.push_str(&format!(" due {} to {}", day(from, clock), day(to, clock)))
        }
        Some(Due::Never) => scope.push_str(" without a due date"),
        Some(Due::Ever) => scope.push_str(" with a due date"),
        Some(Due::Overdue) | None => {}
    }
    if let Some(tag) = &filter.tag {
        scope.push_str(&format!(" tagged #{}", escape(tag)));
    }
    if let Some(search) = &filter.search {
        scope.push_str(&format!(" with “{}”", escape(search)));
    }
    scope
}

/// A due date as people say it, in the user's zone: "tomorrow, 17:00", "Fri 27 Nov, 17:00".
fn when(due: DueDate, clock: &Clock) -> String {
    match due {
        DueDate::Day(date) => day(date, clock),
        DueDate::Moment(moment) => {
            let local = clock.zone().to_datetime(moment);
            format!("{}, {}", day(local.date(), clock), local.strftime("%H:%M"))
        }
    }
}

fn day(date: Date, clock: &Clock) -> String {
    let today = clock.today();
    let full = if date.year() == today.year() {
        date.strftime("%a %-d %b")
    } else {
        date.strftime("%a %-d %b %Y")
    };
    if date == today {
        format!("today ({full})")
    } else if today.tomorrow().is_ok_and(|tomorrow| date == tomorrow) {
        format!("tomorrow ({full})")
    } else {
        full.to_string()
    }
}

fn say(talk: &Talk) -> String {
    match talk {
        Talk::Greeting => "Hello! Tell me what you have to do, or ask what is pending. “Help” shows what I understand.".to_owned(),
        Talk::Thanks => "You are welcome!".to_owned(),
        Talk::Help => HELP.to_owned(),
        Talk::Cancel => "All right, I leave everything as it is.".to_owned(),
        Talk::Agree => "All right. What should I do? “Help” shows what I understand.".to_owned(),
        Talk::Undo => "Use the undo button beside what I did: it takes back exactly that change.".to_owned(),
        Talk::NoReminder => {
            "I do not send reminders, but the task shows as due at its time, and an open page says so.".to_owned()
        }
        Talk::NoRepetition(Some(once)) if !once.title.is_empty() => format!(
            "I cannot repeat tasks, so I added nothing. To do it once, say “yes” or “add {}”.",
            escape(&once.title)
        ),
        Talk::NoRepetition(_) => "I cannot repeat tasks, so I added nothing. Add it for one day instead.".to_owned(),
        Talk::OtherLanguage => "I understand English only. Try: “add buy milk tomorrow at 5pm #home”.".to_owned(),
        Talk::NotUnderstood { offer: Some(offer), .. } => format!(
            "I did not understand that, so I changed nothing. If it is a task, say “yes” or “add {}”.\n\n{HELP}",
            escape(&offer.title)
        ),
        Talk::NotUnderstood { .. } => format!("I did not understand that, so I changed nothing.\n\n{HELP}"),
    }
}

const HELP: &str = "Here is what I understand, for example:\n
- “add buy milk tomorrow at 5pm #home”, “I need to pay bills by friday, high priority”
- “show my tasks”, “what's pending?”, “what is due this week?”, “show #home”
- “mark task 3 as complete”, “I finished the report”, “reopen task 3”
- “change task 1 to Call mom tonight”, “move task 2 to next monday”, “tag 2 with work”
- “delete the meeting task”, “delete task 4”
- several at once: “add milk and eggs, and mark task 2 done”";

/// Text as it is, in Markdown.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '+' | '!' | '|'
            | '~' | '&' => {
                escaped.push('\\');
                escaped.push(char);
            }
            '\n' | '\r' => escaped.push(' '),
            _ => escaped.push(char),
        }
    }
    escaped
}
