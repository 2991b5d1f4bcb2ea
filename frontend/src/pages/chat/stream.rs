//! The stream of a turn as fragments that htmx puts in their places. Every connection is told the
//! whole turn from its start and then what changes, so that it does not matter when it begins,
//! how often it breaks, or which replica serves it.

use std::time::Duration;

use axum::{http::StatusCode, response::sse::Event};
use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use serde_json::Value;
use todo_api::{ToolCall, Turn, TurnEvent, TurnState, Undo};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{turn::TurnView, view::ComposerView};
use crate::{address::Address, backend::ServerEvent, failure::Failure, session::Session};

/// The least time between two fragments of a text that grows.
const PACE: Duration = Duration::from_millis(50);

/// The fragments of a turn. When the backend cannot be reached the stream is empty, and the page
/// comes back by itself.
///
/// # Errors
/// When the session has ended.
pub(super) async fn fragments(
    session: Session,
    turn: i64,
    shutdown: CancellationToken,
) -> Result<BoxStream<'static, Event>, Failure> {
    let path = session.path(format_args!("turns/{turn}"));
    Ok(
        match session.backend.events(&format!("{path}/events")).await {
            Ok(events) => {
                let whole = async move { session.backend.get::<Turn>(&path).await.ok() };
                let relay = Relay::new(turn, events.boxed(), whole.boxed());
                stream::unfold(relay, Relay::next)
                    .take_until(shutdown.cancelled_owned())
                    .boxed()
            }
            Err(error) if error.status() == StatusCode::NOT_FOUND => stream::iter([end()]).boxed(),
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => return Err(error.into()),
            Err(_) => stream::empty().boxed(),
        },
    )
}

/// Tells the page that nothing more will come.
fn end() -> Event {
    Event::default().event("end").data("")
}

/// Follows a turn and tells what changed since it last spoke.
struct Relay {
    events: BoxStream<'static, ServerEvent>,
    /// The turn as it is stored, asked for when its events have ended.
    stored: BoxFuture<'static, Option<Turn>>,
    turn: TurnView,
    has_new_calls: bool,
    has_new_text: bool,
    has_written: bool,
    has_spoken: bool,
    /// When it may speak again.
    next: Instant,
    phase: Phase,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The turn goes on.
    Following,
    /// The whole of the turn has been told; the stream's last event is to come.
    Told,
    Over,
}

impl Relay {
    fn new(
        turn: i64,
        events: BoxStream<'static, ServerEvent>,
        stored: BoxFuture<'static, Option<Turn>>,
    ) -> Self {
        Self {
            events,
            stored,
            turn: TurnView::started(turn, 0),
            has_new_calls: false,
            has_new_text: false,
            has_written: false,
            has_spoken: false,
            next: Instant::now(),
            phase: Phase::Following,
        }
    }

    async fn next(mut self) -> Option<(Event, Self)> {
        match self.phase {
            Phase::Following => {}
            Phase::Told => {
                self.phase = Phase::Over;
                return Some((end(), self));
            }
            Phase::Over => return None,
        }
        loop {
            let has_news = self.has_new_calls || self.has_new_text;
            tokio::select! {
                biased;
                () = sleep_until(self.next), if has_news && self.has_spoken => {
                    return Some((self.speak(), self));
                }
                () = ready(()), if self.has_written && !has_news => {
                    self.has_written = false;
                    return Some((Event::default().event("wrote").data(""), self));
                }
                event = self.events.next() => match event {
                    Some(event) => self.take(&event),
                    // Without an end of the turn the backend went away: the page comes back.
                    None if self.turn.is_running() => return None,
                    None => {
                        if let Some(turn) = (&mut self.stored).await {
                            self.turn = TurnView::of(turn);
                        }
                        self.phase = Phase::Told;
                        return Some((Event::default().data(self.whole()), self));
                    }
                },
                // The first words wait for nothing but what is there already.
                () = ready(()), if has_news && !self.has_spoken => {
                    return Some((self.speak(), self));
                }
            }
        }
    }

    /// Takes one event of the turn. What is not understood is passed over.
    fn take(&mut self, event: &ServerEvent) {
        let Some(event) = read(event) else { return };
        // What comes after a question or a failure is a turn that goes on.
        if !event.ends_stream() {
            self.turn.state = TurnState::Running;
        }
        match event {
            TurnEvent::Turn {
                conversation_id, ..
            } => {
                self.turn.conversation_id = conversation_id;
            }
            TurnEvent::Text { delta } => {
                self.turn.text.push_str(&delta);
                self.has_new_text = true;
            }
            TurnEvent::ToolCall { n, tool, args } => {
                self.turn.calls.retain(|call| call.n != n);
                self.turn.calls.push(ToolCall {
                    n,
                    tool,
                    args,
                    result: Value::Null,
                    undo: Undo::None,
                });
                self.has_new_calls = true;
            }
            TurnEvent::ToolResult { n, result, undo } => {
                if let Some(call) = self.turn.calls.iter_mut().find(|call| call.n == n) {
                    call.result = result;
                    call.undo = undo;
                }
                self.has_new_calls = true;
                self.has_written |= undo == Undo::Available;
            }
            TurnEvent::Approval(approval) => {
                self.turn.approval = Some(approval);
                self.turn.state = TurnState::Waiting;
            }
            TurnEvent::Done {} => self.turn.state = TurnState::Done,
            TurnEvent::Stopped {} => self.turn.state = TurnState::Stopped,
            TurnEvent::Failed { error } => {
                self.turn.error = Some(error);
                self.turn.state = TurnState::Failed;
            }
            TurnEvent::Interrupted {} => self.turn.state = TurnState::Interrupted,
        }
    }

    /// Tells what changed, and is silent for a while.
    fn speak(&mut self) -> Event {
        self.has_spoken = true;
        self.next = Instant::now() + PACE;
        Event::default().data(self.news())
    }

    /// What changed, each part for its place.
    fn news(&mut self) -> String {
        let id = self.turn.id;
        let mut news = String::new();
        if std::mem::take(&mut self.has_new_calls) {
            news += &partial(
                &format!("#turn-{id}-calls"),
                "innerMorph",
                &self.turn.calls_html(),
            );
        }
        if std::mem::take(&mut self.has_new_text) {
            news += &partial(&format!("#turn-{id}-text"), "innerMorph", &self.turn.html());
        }
        news
    }

    /// The turn as a page shows it, the composer ready for the next message, and what a screen
    /// reader says.
    fn whole(&self) -> String {
        let turn = partial(
            &format!("#turn-{}", self.turn.id),
            "outerMorph",
            &self.turn.to_string(),
        );
        let address = Address::default().at_conversation(self.turn.conversation_id);
        let composer = ComposerView::beside(&self.turn, &address).partial();
        let spoken = askama::filters::escape(self.turn.spoken(), askama::filters::Html)
            .map(|text| text.to_string())
            .unwrap_or_default();
        let spoken = partial("#announcer", "textContent", &spoken);
        format!("{turn}{composer}{spoken}")
    }
}

fn partial(target: &str, swap: &str, html: &str) -> String {
    format!(r#"<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>"#)
}

/// Reads an event, whose name is its type.
fn read(event: &ServerEvent) -> Option<TurnEvent> {
    let mut data: Value = serde_json::from_str(&event.data).ok()?;
    data.as_object_mut()?
        .insert("type".into(), Value::String(event.name.clone()));
    serde_json::from_value(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> ServerEvent {
        ServerEvent {
            name: name.into(),
            data: data.into(),
        }
    }

    async fn relayed(events: Vec<ServerEvent>) -> Vec<String> {
        let relay = Relay::new(5, stream::iter(events).boxed(), ready(None).boxed());
        stream::unfold(relay, Relay::next)
            .map(|event| format!("{event:?}"))
            .collect()
            .await
    }

    #[tokio::test]
    async fn a_turn_that_is_over_is_told_at_once_and_whole() {
        let told = relayed(vec![
            event(
                "turn",
                r#"{"turn_id":5,"conversation_id":2,"message_id":9}"#,
            ),
            event(
                "tool_call",
                r#"{"n":1,"tool":"add_task","args":{"title":"Buy milk"}}"#,
            ),
            event("unheard_of", "{}"),
            event(
                "tool_result",
                r#"{"n":1,"result":{"title":"Buy milk"},"undo":"available"}"#,
            ),
            event("text", r#"{"delta":"Added "}"#),
            event("text", r#"{"delta":"**Buy milk**."}"#),
            event(
                "approval",
                r#"{"id":1,"question":"Sure?","options":["Yes","No"]}"#,
            ),
            event("text", r#"{"delta":" Sure."}"#),
            event("done", "{}"),
        ])
        .await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].contains("Added <strong>Buy milk</strong>."),
            "{}",
            told[0]
        );
        assert!(told[0].contains("Undo: Added"), "{}", told[0]);
        assert!(told[1].contains("end"));
    }

    #[tokio::test]
    async fn the_first_words_go_out_at_once() {
        let words = stream::iter([event("text", r#"{"delta":"Half"}"#)]);
        let events = words.chain(stream::pending()).boxed();
        let told = Relay::new(5, events, ready(None).boxed()).next();
        let (event, _) = told.now_or_never().expect("without waiting").unwrap();
        assert!(format!("{event:?}").contains("Half"), "{event:?}");
    }

    #[tokio::test]
    async fn a_stream_that_breaks_has_no_end_so_that_the_page_comes_back() {
        let told = relayed(vec![event("text", r#"{"delta":"Half"}"#)]).await;
        assert!(
            told.iter().all(|event| !event.contains("event: end")),
            "{told:?}"
        );
    }
}
