//! What a person may say of a task, checked and normalised, and the keys it is found by.

use serde::{Deserialize, Serialize};
use todo_api::{
    DESCRIPTION_MAX, DueDate, FieldError, NewTask, Patch, Priority, TAG_MAX, TAGS_MAX, TITLE_MAX,
    TaskPatch,
};

use crate::{
    error::Error,
    text::{has_control, key},
};

/// Everything about a task that its owner can change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// 1–200 characters, trimmed.
    pub title: String,
    /// Up to 1,000 characters, not empty.
    pub description: Option<String>,
    /// Whether it is done.
    pub completed: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// When it falls due.
    pub due_date: Option<DueDate>,
    /// No two alike but for case.
    pub tags: Vec<String>,
}

/// A change to some of the [`Fields`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// A new title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A new description, or none.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub description: Patch<String>,
    /// Whether it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<bool>,
    /// A new priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A new due date, or none.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub due_date: Patch<DueDate>,
    /// New tags, in place of the old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

impl Fields {
    /// Checks what a client sent for a new task.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is not as it should be.
    pub fn new(task: NewTask) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let fields = Self {
            title: title(&task.title, &mut errors),
            description: task
                .description
                .and_then(|text| description(&text, &mut errors)),
            completed: false,
            priority: task.priority.unwrap_or_default(),
            due_date: task.due_date,
            tags: tags(task.tags.unwrap_or_default(), &mut errors),
        };
        if errors.is_empty() {
            Ok(fields)
        } else {
            Err(Error::Invalid(errors))
        }
    }

    /// The fields after an edit.
    #[must_use]
    pub fn after(&self, edit: &Edit) -> Self {
        let edit = edit.clone();
        Self {
            title: edit.title.unwrap_or_else(|| self.title.clone()),
            description: edit
                .description
                .into_optional_change()
                .unwrap_or_else(|| self.description.clone()),
            completed: edit.completed.unwrap_or(self.completed),
            priority: edit.priority.unwrap_or(self.priority),
            due_date: edit
                .due_date
                .into_optional_change()
                .unwrap_or(self.due_date),
            tags: edit.tags.unwrap_or_else(|| self.tags.clone()),
        }
    }

    /// The edit that leads from these fields to `other`: only what differs.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Edit {
        fn changed<T: PartialEq + Clone>(old: &T, new: &T) -> Option<T> {
            (old != new).then(|| new.clone())
        }
        fn patched<T: PartialEq + Clone>(old: &Option<T>, new: &Option<T>) -> Patch<T> {
            match new {
                _ if old == new => Patch::Keep,
                None => Patch::Clear,
                Some(value) => Patch::Set(value.clone()),
            }
        }
        Edit {
            title: changed(&self.title, &other.title),
            description: patched(&self.description, &other.description),
            completed: changed(&self.completed, &other.completed),
            priority: changed(&self.priority, &other.priority),
            due_date: patched(&self.due_date, &other.due_date),
            tags: changed(&self.tags, &other.tags),
        }
    }
}

impl Edit {
    /// Checks what a client sent to change a task.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is not as it should be.
    pub fn new(patch: TaskPatch) -> Result<Self, Error> {
        let mut errors = Vec::new();
        let title = match patch.title {
            Patch::Keep => None,
            Patch::Clear => Some(title("", &mut errors)),
            Patch::Set(text) => Some(title(&text, &mut errors)),
        };
        let description = match patch.description {
            Patch::Set(text) => description(&text, &mut errors).map_or(Patch::Clear, Patch::Set),
            other => other,
        };
        let edit = Self {
            title,
            description,
            completed: patch.completed.into_change(),
            priority: patch.priority.into_change(),
            due_date: patch.due_date,
            tags: patch
                .tags
                .into_change()
                .map(|given| tags(given, &mut errors)),
        };
        if errors.is_empty() {
            Ok(edit)
        } else {
            Err(Error::Invalid(errors))
        }
    }
}

fn refuse(errors: &mut Vec<FieldError>, field: &str, message: impl Into<String>) {
    errors.push(FieldError {
        field: field.to_owned(),
        message: message.into(),
    });
}

fn title(text: &str, errors: &mut Vec<FieldError>) -> String {
    let title = text.trim();
    if title.is_empty() {
        refuse(errors, "title", "Give the task a title.");
    } else if title.chars().count() > TITLE_MAX {
        refuse(
            errors,
            "title",
            format!("A title has at most {TITLE_MAX} characters."),
        );
    } else if has_control(title) {
        refuse(
            errors,
            "title",
            "A title is one line without control characters.",
        );
    }
    title.to_owned()
}

fn description(text: &str, errors: &mut Vec<FieldError>) -> Option<String> {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_MAX {
        refuse(
            errors,
            "description",
            format!("A description has at most {DESCRIPTION_MAX} characters."),
        );
    }
    (!text.is_empty()).then(|| text.to_owned())
}

fn tags(given: Vec<String>, errors: &mut Vec<FieldError>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in given {
        let tag = tag.trim().trim_start_matches('#').trim();
        if tag.is_empty() || tag.chars().count() > TAG_MAX || has_control(tag) {
            refuse(
                errors,
                "tags",
                format!("A tag has 1 to {TAG_MAX} characters."),
            );
            return tags;
        }
        if !tags.iter().any(|known| key(known) == key(tag)) {
            tags.push(tag.to_owned());
        }
    }
    if tags.len() > TAGS_MAX {
        refuse(
            errors,
            "tags",
            format!("A task has at most {TAGS_MAX} tags."),
        );
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(title: &str) -> NewTask {
        NewTask {
            title: title.to_owned(),
            ..NewTask::default()
        }
    }

    #[test]
    fn titles_are_trimmed_and_neither_empty_nor_too_long() {
        assert_eq!(
            Fields::new(task("  Buy milk \n")).unwrap().title,
            "Buy milk"
        );
        assert!(Fields::new(task(&"é".repeat(200))).is_ok());
        for title in ["", " \t ", &"é".repeat(201), "a\0b", "two\nlines"] {
            assert!(
                matches!(Fields::new(task(title)), Err(Error::Invalid(_))),
                "{title:?}"
            );
        }
    }

    #[test]
    fn all_wrong_fields_are_named_at_once() {
        let wrong = NewTask {
            description: Some("x".repeat(1001)),
            tags: Some(vec![String::new()]),
            ..task("")
        };
        let Err(Error::Invalid(errors)) = Fields::new(wrong) else {
            panic!("it was accepted")
        };
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["title", "description", "tags"]);
    }

    #[test]
    fn an_edit_and_its_reverse_lead_back() {
        let before = Fields::new(task("Buy milk")).unwrap();
        let patch: TaskPatch = serde_json::from_str(
            r#"{"title": "Buy oat milk", "due_date": "2026-11-24", "tags": ["home"]}"#,
        )
        .unwrap();
        let after = before.after(&Edit::new(patch).unwrap());
        assert_eq!(after.title, "Buy oat milk");
        assert_eq!(after.after(&after.difference(&before)), before);
    }
}
