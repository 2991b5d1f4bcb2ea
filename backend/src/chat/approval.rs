//! What the loop asks the user about before it goes on, whatever the model wants.

use serde_json::Value;
use todo_api::Approval;

use super::{queries::CallRow, run::Run};
use crate::tasks;

/// Deletions of a turn that need no question.
const FREE_DELETIONS: usize = 1;
/// Other writes of a turn that need no question.
const FREE_WRITES: usize = 9;

impl Run {
    /// Whether the loop asks before this call: at the second deletion of a turn, and at its tenth
    /// other write, unless the user said yes to it.
    pub(super) fn needs_yes(&self, at: usize) -> bool {
        let call = &self.calls[at];
        if self.client.is_read(&call.tool) || call.n <= self.row.approved {
            return false;
        }
        let destructive = self.client.is_destructive(&call.tool);
        let done = self.calls.iter().filter(|other| {
            other.changes.is_some() && self.client.is_destructive(&other.tool) == destructive
        });
        let writes: usize = done.chain([call]).map(|call| self.writes(call)).sum();
        writes
            > if destructive {
                FREE_DELETIONS
            } else {
                FREE_WRITES
            }
    }

    /// How many writes a call makes.
    fn writes(&self, call: &CallRow) -> usize {
        self.client.writes(&call.tool, &call.args.0)
    }

    /// The question about this call and those of its step that come after it.
    pub(super) async fn question(&self, at: usize) -> Approval {
        let step = self.calls[at].step;
        let pending: Vec<&CallRow> = self.calls[at..]
            .iter()
            .filter(|call| {
                call.step == step && call.result.is_none() && !self.client.is_read(&call.tool)
            })
            .collect();
        let mut titles = Vec::new();
        for call in pending
            .iter()
            .filter(|call| self.client.is_destructive(&call.tool))
            .take(5)
        {
            if let Some(id) = call.args.0.get("task_id").and_then(Value::as_i64)
                && let Ok(mut conn) = self.app.db.read().await
                && let Ok(task) = tasks::rules::get(&mut conn, &self.user_id, id).await
            {
                titles.push(format!("“{}”", task.title));
            }
        }
        let count: usize = pending.iter().map(|call| self.writes(call)).sum();
        let question = match (titles.is_empty(), count) {
            (false, 1) => format!("Delete {} as well?", titles.join(", ")),
            (false, _) if titles.len() == count => {
                format!("Delete {count} more tasks: {}?", titles.join(", "))
            }
            (false, _) => format!(
                "Make {count} more changes, deleting {} among them?",
                titles.join(", ")
            ),
            (true, 1) => "Make one more change?".to_owned(),
            (true, _) => format!("Make {count} more changes?"),
        };
        let id = i64::from(self.calls[at].n);
        Approval {
            id,
            question,
            options: vec!["Yes".to_owned(), "No".to_owned()],
        }
    }
}
