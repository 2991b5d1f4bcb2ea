//! What the templates of the task list show.

use askama::Template;
use todo_api::{Priority, Task};

use super::{Listed, edit::EditForm};
use crate::{address::Address, backend::BackendError, pages::clock::Clock};

/// The list with its footer.
#[derive(Template)]
#[template(path = "tasks/list.html")]
pub(crate) struct ListView {
    rows: Vec<Row>,
    /// The address of one page more, if there is one.
    more: Option<String>,
    has_completed: bool,
    is_filtered: bool,
    /// The address of the list as it opens.
    unfiltered: String,
    due_soon: Vec<DueSoon>,
    /// The address to come back to, for the forms.
    address: String,
}

/// A row, or its editor.
enum Row {
    Shown(RowView),
    Edited(Box<EditorView>),
}

/// A task that the page will say is due.
struct DueSoon {
    id: i64,
    title: String,
    /// RFC 3339.
    at: String,
}

impl ListView {
    pub(crate) fn new(listed: Listed, clock: &Clock, address: &Address) -> Self {
        let row = |task: &Task| {
            if address.edit == Some(task.id) {
                Row::Edited(Box::new(EditorView::new(task, clock, address)))
            } else {
                Row::Shown(RowView::new(task, clock, address))
            }
        };
        Self {
            rows: listed.tasks.iter().map(row).collect(),
            more: listed.has_more.then(|| address.with_more().href()),
            has_completed: listed.tasks.iter().any(|task| task.completed),
            is_filtered: address.is_filtered(),
            unfiltered: address.unfiltered().href(),
            due_soon: listed
                .due_soon
                .into_iter()
                .filter_map(|task| match task.due_date? {
                    todo_api::DueDate::Day(_) => None,
                    due => Some(DueSoon {
                        id: task.id,
                        title: task.title,
                        at: due.to_string(),
                    }),
                })
                .collect(),
            address: address.settled().query(),
        }
    }

    /// Whether the list shows a task.
    pub(crate) fn shows(&self, task: i64) -> bool {
        self.rows.iter().any(|row| match row {
            Row::Shown(row) => row.id == task,
            Row::Edited(editor) => editor.id == task,
        })
    }

    /// Shows a row's editor in place of the row.
    pub(crate) fn put_editor(&mut self, editor: EditorView) {
        let row = self.rows.iter_mut().find(|row| match row {
            Row::Shown(row) => row.id == editor.id,
            Row::Edited(old) => old.id == editor.id,
        });
        let editor = Row::Edited(Box::new(editor));
        match row {
            Some(row) => *row = editor,
            None => self.rows.insert(0, editor),
        }
    }

    fn pending(&self) -> usize {
        let is_pending = |row: &&Row| matches!(row, Row::Shown(row) if !row.completed);
        self.rows.iter().filter(is_pending).count()
    }
}

/// One task as it is shown.
#[derive(Template)]
#[template(path = "tasks/row.html")]
pub(crate) struct RowView {
    id: i64,
    title: String,
    description: Option<String>,
    completed: bool,
    priority: Option<&'static str>,
    due: Option<DueView>,
    tags: Vec<TagView>,
    edit_href: String,
}

struct DueView {
    said: String,
    /// RFC 3339.
    machine: String,
    overdue: bool,
}

struct TagView {
    name: String,
    href: String,
}

impl RowView {
    pub(crate) fn new(task: &Task, clock: &Clock, address: &Address) -> Self {
        Self {
            id: task.id,
            title: task.title.clone(),
            description: task.description.clone(),
            completed: task.completed,
            priority: match task.priority {
                Priority::None => None,
                priority => Some(priority_word(priority)),
            },
            due: task.due_date.map(|due| DueView {
                said: clock.say(due),
                machine: due.to_string(),
                overdue: !task.completed && clock.is_overdue(due),
            }),
            tags: task
                .tags
                .iter()
                .map(|tag| TagView {
                    name: tag.clone(),
                    href: address.with_tag(tag).href(),
                })
                .collect(),
            edit_href: format!("{}#task-{}", address.editing(task.id).href(), task.id),
        }
    }

    fn priority_class(&self) -> String {
        self.priority.unwrap_or("none").to_lowercase()
    }
}

/// A priority as it is said.
pub(crate) fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::None => "None",
        Priority::Low => "Low",
        Priority::Medium => "Medium",
        Priority::High => "High",
    }
}

/// One task with its editor open.
#[derive(Template)]
#[template(path = "tasks/editor.html")]
pub(crate) struct EditorView {
    pub(super) id: i64,
    title: String,
    description: String,
    date: String,
    time: String,
    priority: String,
    tags: String,
    /// The address to come back to.
    address: String,
    cancel_href: String,
    errors: Vec<(&'static str, String)>,
}

impl EditorView {
    pub(crate) fn new(task: &Task, clock: &Clock, address: &Address) -> Self {
        Self {
            title: task.title.clone(),
            description: task.description.clone().unwrap_or_default(),
            date: task
                .due_date
                .map(|due| clock.date_field(due))
                .unwrap_or_default(),
            time: task
                .due_date
                .map(|due| clock.time_field(due))
                .unwrap_or_default(),
            priority: task.priority.as_str().to_owned(),
            tags: task.tags.join(" "),
            ..Self::empty(task.id, address)
        }
    }

    /// The editor as it was sent, to show what is wrong with it.
    pub(super) fn from_form(id: i64, form: &EditForm, address: &Address) -> Self {
        let form = form.clone();
        Self {
            title: form.title,
            description: form.description,
            date: form.date,
            time: form.time,
            priority: form.priority,
            tags: form.tags,
            ..Self::empty(id, address)
        }
    }

    fn empty(id: i64, address: &Address) -> Self {
        Self {
            id,
            title: String::new(),
            description: String::new(),
            date: String::new(),
            time: String::new(),
            priority: String::new(),
            tags: String::new(),
            address: address.settled().query(),
            cancel_href: format!("{}#task-{id}", address.settled().href()),
            errors: Vec::new(),
        }
    }

    /// Says what is wrong with a field.
    pub(super) fn refuse(&mut self, field: &'static str, sentence: impl Into<String>) {
        self.errors.push((field, sentence.into()));
    }

    /// Says what the backend found wrong, each at its field.
    pub(super) fn refuse_all(&mut self, error: &BackendError) {
        let fields = [
            ("title", "title"),
            ("description", "description"),
            ("due_date", "date"),
            ("tags", "tags"),
        ];
        for (theirs, ours) in fields {
            if let Some(sentence) = error.field(theirs) {
                self.refuse(ours, sentence);
            }
        }
        if self.errors.is_empty() {
            self.refuse("title", error.sentence());
        }
    }

    fn error(&self, field: &str) -> Option<&str> {
        self.errors
            .iter()
            .find(|(name, _)| *name == field)
            .map(|(_, sentence)| sentence.as_str())
    }
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script>' onfocus=alert(1) {{7*7}}";

    fn task(id: i64) -> Task {
        Task {
            id,
            user_id: "u".into(),
            title: HOSTILE.into(),
            description: Some(HOSTILE.into()),
            completed: false,
            priority: Priority::High,
            due_date: Some("2026-11-23".parse().unwrap()),
            tags: vec![HOSTILE.into()],
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn clock() -> Clock {
        Clock {
            now: "2026-11-24T12:00:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
        }
    }

    fn list(address: &str) -> String {
        let listed = Listed {
            tasks: vec![task(1), task(2)],
            has_more: true,
            due_soon: vec![task(3)],
        };
        ListView::new(listed, &clock(), &Address::parse(address)).to_string()
    }

    #[test]
    fn hostile_text_stays_text_in_rows_and_editors() {
        for address in [
            "",
            "edit=1",
            "search=%22%3E%3Cscript%3E",
            "tag=%22%20onload%3D",
        ] {
            let html = list(address);
            assert!(!html.contains("<script"), "{html}");
            assert!(
                !html.contains("\">&#60;script") && !html.contains("' onfocus"),
                "{html}"
            );
            assert!(html.contains("&#60;script&#62;"));
        }
    }

    #[test]
    fn a_row_shows_its_number_and_what_is_overdue() {
        let html = RowView::new(&task(7), &clock(), &Address::default()).to_string();
        assert!(html.contains("id=\"task-7\""));
        assert!(html.contains("Overdue"));
        let done = Task {
            completed: true,
            ..task(7)
        };
        let html = RowView::new(&done, &clock(), &Address::default()).to_string();
        assert!(!html.contains("Overdue"));
    }

    #[test]
    fn a_row_is_the_same_alone_and_in_the_list() {
        let alone = RowView::new(&task(1), &clock(), &Address::default()).to_string();
        assert!(list("").contains(&alone));
    }
}
