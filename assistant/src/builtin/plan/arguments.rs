//! The arguments of the calls.

use jiff::civil::Time;
use serde_json::{Map, Value, json};
use todo_api::{DESCRIPTION_MAX, DueDate, Priority};

use super::{
    super::{
        commands::later,
        dates::When,
        filters::{Due, Filter},
        references::Task,
        slots::{Changes, Details, DueChange, Note, PriorityChange, TagChange, clip},
    },
    Context,
};

impl Context<'_> {
    pub(super) fn add_args(&self, task: &Details) -> Value {
        let mut args = Map::new();
        args.insert("title".to_owned(), json!(task.title));
        if let Some(description) = &task.description {
            args.insert("description".to_owned(), json!(description));
        }
        if let Some(priority) = task.priority {
            args.insert("priority".to_owned(), json!(priority));
        }
        if let Some(when) = task.when {
            args.insert("due_date".to_owned(), json!(when.resolve(&self.clock)));
        }
        if !task.tags.is_empty() {
            args.insert("tags".to_owned(), json!(task.tags));
        }
        Value::Object(args)
    }

    pub(super) fn list_args(&self, filter: &Filter) -> Value {
        let mut args = Map::new();
        args.insert("status".to_owned(), json!(filter.status));
        if let Some(tag) = &filter.tag {
            args.insert("tag".to_owned(), json!(tag));
        }
        if let Some(priority) = filter.priority {
            args.insert("priority".to_owned(), json!(priority));
        }
        if let Some(search) = &filter.search {
            args.insert("search".to_owned(), json!(search));
        }
        if filter.sort != todo_api::TaskSort::default() {
            args.insert("sort".to_owned(), json!(filter.sort));
        }
        // The tool counts days in UTC: a day more on each side, and the user's zone decides here.
        match filter.due {
            Some(Due::Days(from, to)) => {
                if let (Ok(from), Ok(to)) = (
                    from.yesterday(),
                    to.tomorrow().and_then(jiff::civil::Date::tomorrow),
                ) {
                    args.insert("due_after".to_owned(), json!(from.to_string()));
                    args.insert("due_before".to_owned(), json!(to.to_string()));
                }
            }
            Some(Due::Overdue) => {
                args.insert(
                    "due_before".to_owned(),
                    json!(self.clock.day(1).to_string()),
                );
            }
            Some(Due::Never | Due::Ever) | None => {}
        }
        Value::Object(args)
    }

    pub(super) fn changes(
        &self,
        changes: &Changes,
        task: Option<&Task>,
    ) -> Option<Map<String, Value>> {
        let mut args = Map::new();
        let mut set = |name: &str, value: Value| args.insert(name.to_owned(), value);
        if let Some(title) = changes.title.as_ref().filter(|title| !title.is_empty()) {
            set("title", json!(title));
        }
        match &changes.note {
            Some(Note::Set(text)) => drop(set("description", json!(text))),
            Some(Note::Clear) => drop(set("description", Value::Null)),
            Some(Note::Append(text)) => {
                let old = task
                    .and_then(|task| task.description.as_deref())
                    .unwrap_or_default();
                let joined = if old.is_empty() {
                    text.clone()
                } else {
                    format!("{old}\n{text}")
                };
                set("description", json!(clip(&joined, DESCRIPTION_MAX)));
            }
            None => {}
        }
        if let Some(change) = changes.priority {
            let old = task.map(|task| task.priority).unwrap_or_default();
            let new = match (change, old) {
                (PriorityChange::To(priority), _) => priority,
                (PriorityChange::Raise, Priority::None) => Priority::Medium,
                (PriorityChange::Raise, Priority::Low) => Priority::Medium,
                (PriorityChange::Raise, _) => Priority::High,
                (PriorityChange::Lower, Priority::High) => Priority::Medium,
                (PriorityChange::Lower, _) => Priority::Low,
            };
            set("priority", json!(new));
        }
        if let Some(change) = changes.due {
            match self.due(change, task.and_then(|task| task.due_date)) {
                Some(due) => set("due_date", json!(due)),
                None => set("due_date", Value::Null),
            };
        }
        if let Some(change) = &changes.tags {
            let old = task.map(|task| task.tags.clone()).unwrap_or_default();
            let same = |a: &String, b: &String| a.to_lowercase() == b.to_lowercase();
            let new: Vec<String> = match change {
                TagChange::Clear => Vec::new(),
                TagChange::Swap { gone, new } => {
                    let kept = old
                        .into_iter()
                        .filter(|tag| !gone.iter().chain(new).any(|other| same(tag, other)));
                    kept.chain(new.iter().cloned()).collect()
                }
                TagChange::Remove(gone) => old
                    .into_iter()
                    .filter(|tag| !gone.iter().any(|other| same(tag, other)))
                    .collect(),
                TagChange::Add(more) => {
                    let more = more
                        .iter()
                        .filter(|tag| !old.iter().any(|other| same(tag, other)));
                    old.iter().chain(more).cloned().collect()
                }
            };
            set("tags", json!(new));
        }
        (!args.is_empty()).then_some(args)
    }

    fn due(&self, change: DueChange, old: Option<DueDate>) -> Option<DueDate> {
        let zone = self.clock.zone();
        let local = |due: DueDate| match due {
            DueDate::Day(day) => (day, None),
            DueDate::Moment(moment) => {
                let local = zone.to_datetime(moment);
                (local.date(), Some(local.time()))
            }
        };
        let shifted = |span: jiff::Span| {
            let (day, time) = old.map_or((self.clock.today(), None), local);
            let moved = later(day.to_datetime(time.unwrap_or(Time::midnight())), span);
            let has_time = time.is_some() || moved.time() != Time::midnight();
            if has_time {
                DueDate::Moment(self.clock.moment(moved))
            } else {
                DueDate::Day(moved.date())
            }
        };
        Some(match change {
            DueChange::Clear => return None,
            DueChange::To(when) => when.resolve(&self.clock),
            DueChange::Move(when) => match (when, old.map(local)) {
                (When::Day(day), Some((_, Some(time)))) => {
                    DueDate::Moment(self.clock.moment(day.to_datetime(time)))
                }
                (When::Time(time), Some((day, _))) => {
                    DueDate::Moment(self.clock.moment(day.to_datetime(time)))
                }
                _ => when.resolve(&self.clock),
            },
            DueChange::Later(span) => shifted(span.0),
            DueChange::Earlier(span) => shifted(-span.0),
        })
    }
}
