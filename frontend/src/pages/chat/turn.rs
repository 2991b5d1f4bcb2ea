//! What the user said, and what the assistant did and said in the turn that answers it.

use askama::Template;
use todo_api::{Approval, Message, ToolCall, Turn, TurnState};

use super::call::CallView;
use crate::{markdown, pages::fresh_key};

/// What the user said.
#[derive(Template)]
#[template(path = "chat/message.html")]
pub(crate) struct UserMessageView {
    id: i64,
    conversation: i64,
    content: String,
    is_editing: bool,
    key: String,
}

impl UserMessageView {
    pub(crate) fn new(id: i64, conversation: i64, content: String) -> Self {
        Self {
            id,
            conversation,
            content,
            is_editing: false,
            key: String::new(),
        }
    }

    /// The same with its editor open.
    pub(crate) fn editing(self) -> Self {
        Self {
            is_editing: true,
            key: fresh_key(),
            ..self
        }
    }
}

/// What the assistant did and said in one turn.
#[derive(Clone, Debug, Template)]
#[template(path = "chat/turn.html")]
pub(crate) struct TurnView {
    pub(super) id: i64,
    pub(super) conversation_id: i64,
    pub(super) state: TurnState,
    pub(super) calls: Vec<ToolCall>,
    /// Markdown.
    pub(super) text: String,
    pub(super) approval: Option<Approval>,
    pub(super) error: Option<String>,
    /// Whether the conversation ends with it, so that it can be tried again.
    pub(super) is_latest: bool,
    key: String,
}

impl TurnView {
    /// A turn of which nothing is known yet.
    pub(crate) fn started(id: i64, conversation_id: i64) -> Self {
        Self {
            id,
            conversation_id,
            state: TurnState::Running,
            calls: Vec::new(),
            text: String::new(),
            approval: None,
            error: None,
            is_latest: true,
            key: fresh_key(),
        }
    }

    pub(crate) fn of(turn: Turn) -> Self {
        Self {
            state: turn.state,
            calls: turn.tool_calls,
            text: turn.response,
            approval: turn.approval,
            error: turn.error,
            ..Self::started(turn.id, turn.conversation_id)
        }
    }

    /// The turn of a user's message that has no answer.
    pub(super) fn unanswered(message: &Message) -> Self {
        Self {
            state: message.state,
            approval: message.approval.clone(),
            error: message.error.clone(),
            ..Self::started(message.turn_id, message.conversation_id)
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.state == TurnState::Running
    }

    fn state(&self) -> &'static str {
        match self.state {
            TurnState::Running => "running",
            TurnState::Waiting => "waiting",
            TurnState::Done => "done",
            TurnState::Stopped => "stopped",
            TurnState::Failed => "failed",
            TurnState::Interrupted => "interrupted",
        }
    }

    /// Why there is no full answer.
    fn trouble(&self) -> Option<&str> {
        match self.state {
            TurnState::Running | TurnState::Waiting | TurnState::Done => None,
            TurnState::Stopped => Some("Stopped."),
            TurnState::Failed => Some(self.error.as_deref().unwrap_or("The answer failed.")),
            TurnState::Interrupted => Some("The answer was interrupted."),
        }
    }

    /// The text as HTML.
    pub(super) fn html(&self) -> String {
        markdown::render(&self.text)
    }

    /// The calls as HTML.
    pub(super) fn calls_html(&self) -> String {
        self.calls
            .iter()
            .map(|call| CallView::new(self.id, self.state, call).to_string())
            .collect()
    }

    /// What a screen reader says when the turn has ended.
    pub(super) fn spoken(&self) -> String {
        let mut spoken = markdown::spoken(&self.text);
        for more in [
            self.approval
                .as_ref()
                .map(|approval| approval.question.as_str()),
            self.trouble(),
        ]
        .into_iter()
        .flatten()
        {
            if !spoken.is_empty() {
                spoken.push(' ');
            }
            spoken.push_str(more);
        }
        spoken
    }
}

impl From<Message> for TurnView {
    fn from(message: Message) -> Self {
        Self {
            state: message.state,
            calls: message.tool_calls,
            text: message.content,
            approval: message.approval,
            error: message.error,
            ..Self::started(message.turn_id, message.conversation_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use todo_api::Undo;

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";

    #[test]
    fn hostile_text_stays_text_everywhere_in_a_turn() {
        let turn = TurnView {
            state: TurnState::Failed,
            calls: vec![ToolCall {
                n: 1,
                tool: HOSTILE.into(),
                args: json!({"title": HOSTILE}),
                result: json!({"title": HOSTILE}),
                undo: Undo::Available,
            }],
            text: HOSTILE.into(),
            approval: Some(Approval {
                id: 1,
                question: HOSTILE.into(),
                options: vec![HOSTILE.into()],
            }),
            error: Some(HOSTILE.into()),
            ..TurnView::started(1, 1)
        };
        for state in [TurnState::Failed, TurnState::Waiting, TurnState::Running] {
            let html = TurnView {
                state,
                ..turn.clone()
            }
            .to_string();
            assert!(
                !html.contains("<script") && !html.contains("<img"),
                "{html}"
            );
        }
        let message = UserMessageView::new(1, 1, HOSTILE.into());
        assert!(!message.to_string().contains("<script"));
        assert!(!message.editing().to_string().contains("<script"));
    }
}
