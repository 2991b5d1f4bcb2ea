//! What the user says: a message, or a new text in place of an earlier one. It is stored with the
//! empty reply and the turn that fills it before anything else happens.

use jiff::{SignedDuration, tz::TimeZone};
use serde_json::json;
use todo_api::{CONVERSATION_TITLE_MAX, MESSAGE_MAX, TurnEvent, TurnState, Undo};

use super::{
    abandoned,
    begin::{self, Begun},
    calls::{self, CallRef},
    queries::{self, EventRow, MessageRow, TurnRow, state_name},
    rules,
    run::Answer,
    running::LEASE,
};
use crate::{
    app::App,
    caller::UserId,
    conversations,
    db::types::At,
    error::Error,
    idempotency::MaybeKey,
    writes::{Reserve, UserWrite},
};

/// Events of finished turns are kept for so long; afterwards they are made anew from the message.
const KEEP_EVENTS: SignedDuration = SignedDuration::from_hours(1);

/// Length of a conversation's first title, in characters.
const FIRST_TITLE: usize = 60;

/// What the user says, and where.
pub(super) enum Say {
    /// A message in a conversation, or in a new one.
    Message { conversation: Option<i64> },
    /// A new text in place of an earlier message.
    Edit { conversation: i64, message: i64 },
}

/// Stores the user's message and begins the turn that answers it.
///
/// # Errors
/// [`Error::Invalid`] for the message or the time zone, [`Error::NotFound`] for the conversation,
/// `turn_in_progress` (409) while another turn of it runs, [`Error::Unavailable`] while shutting down.
pub(super) async fn say(
    app: &App,
    user_id: &UserId,
    key: MaybeKey,
    say: Say,
    message: &str,
    time_zone: Option<String>,
) -> Result<Begun, Error> {
    let message = check_message(message)?;
    let time_zone = time_zone.map(check_zone).transpose()?;
    let owner = app.turns.owner().to_owned();
    let most = app.config.chat.max_turns_per_user;
    let conversations = i64::from(matches!(say, Say::Message { conversation: None }));
    let reserve = Reserve {
        conversations,
        turns: 1,
        messages: 2,
        ..Reserve::default()
    };
    let MaybeKey(key) = key;
    let store = async move |write: &mut UserWrite| {
        if let Some(begun) = begin::replayed(write, key.as_ref()).await? {
            return Ok((begun, None));
        }
        let row = open(write, say, message, time_zone, &owner, most).await?;
        let begun = Begun {
            turn_id: row.id,
            replayed: false,
        };
        begin::keep(write, key, begun).await?;
        Ok((begun, Some((row, Answer::None))))
    };
    begin::start(app, user_id, reserve, store).await
}

fn check_message(text: &str) -> Result<String, Error> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::field("message", "Say something.")),
        length if length > MESSAGE_MAX => Err(Error::field(
            "message",
            format!("A message has at most {MESSAGE_MAX} characters."),
        )),
        _ => Ok(text.to_owned()),
    }
}

fn check_zone(name: String) -> Result<String, Error> {
    match TimeZone::get(&name) {
        Ok(_) if name.len() <= 64 => Ok(name),
        _ => Err(Error::field(
            "time_zone",
            "Use an IANA time zone such as Europe/Berlin.",
        )),
    }
}

/// Stores message, reply and turn.
async fn open(
    write: &mut UserWrite,
    say: Say,
    text: String,
    time_zone: Option<String>,
    owner: &str,
    most: u32,
) -> Result<TurnRow, Error> {
    let (user_id, now) = (write.user_id.clone(), write.now);
    let time_zone = match time_zone {
        Some(name) => name,
        None => queries::time_zone(&mut write.conn, &user_id)
            .await?
            .unwrap_or_else(|| "UTC".to_owned()),
    };
    let conversation = match say {
        Say::Message {
            conversation: Some(id),
        }
        | Say::Edit {
            conversation: id, ..
        } => {
            let found = conversations::queries::find(&mut write.conn, &user_id, id).await?;
            found.ok_or(Error::NotFound("conversation"))?;
            make_way(write, id).await?;
            conversations::queries::touch(&mut write.conn, &user_id, id, now).await?;
            queries::sweep_events(&mut write.conn, &user_id, id, now - KEEP_EVENTS).await?;
            id
        }
        Say::Message { conversation: None } => {
            let id = write.next_conversation_id();
            let row = conversations::queries::Row::new(&user_id, id, first_title(&text), now);
            conversations::queries::insert(&mut write.conn, &row).await?;
            id
        }
    };
    begin::check_number(write, most).await?;
    let turn = write.next_turn_id();
    let message = match say {
        Say::Edit { message, .. } => {
            let old = queries::message(&mut write.conn, &user_id, message).await?;
            let old = old.filter(|old| {
                old.conversation_id == conversation && !old.hidden && old.role == "user"
            });
            let old = old.ok_or(Error::NotFound("message"))?;
            queries::hide_after(&mut write.conn, &user_id, conversation, old.id).await?;
            queries::edit_message(&mut write.conn, &user_id, old.id, &text, turn).await?;
            old.id
        }
        Say::Message { .. } => {
            let id = write.next_message_id();
            queries::insert_message(
                &mut write.conn,
                &new_message(&user_id, id, conversation, turn, "user", text, now),
            )
            .await?;
            id
        }
    };
    let reply = write.next_message_id();
    let empty = new_message(
        &user_id,
        reply,
        conversation,
        turn,
        "assistant",
        String::new(),
        now,
    );
    queries::insert_message(&mut write.conn, &empty).await?;
    let row = TurnRow {
        user_id: user_id.to_string(),
        id: turn,
        conversation_id: conversation,
        message_id: message,
        reply_id: reply,
        state: state_name(TurnState::Running).to_owned(),
        time_zone,
        owner: Some(owner.to_owned()),
        lease_until: Some(At(now + LEASE)),
        stop_requested: false,
        approval: None,
        approved: 0,
        error: None,
        last_seq: 1,
        created_at: At(now),
        updated_at: At(now),
    };
    queries::insert_turn(&mut write.conn, &row).await?;
    let event = TurnEvent::Turn {
        turn_id: turn,
        conversation_id: conversation,
        message_id: message,
    };
    let events = EventRow::numbered(user_id.as_str(), turn, 1, [event]);
    queries::insert_events(&mut write.conn, &events).await?;
    write.changed.conversations.push(conversation);
    Ok(row)
}

fn new_message(
    user_id: &UserId,
    id: i64,
    conversation_id: i64,
    turn_id: i64,
    role: &str,
    content: String,
    now: jiff::Timestamp,
) -> MessageRow {
    MessageRow {
        user_id: user_id.to_string(),
        id,
        conversation_id,
        turn_id,
        role: role.to_owned(),
        content,
        hidden: false,
        created_at: At(now),
        model: None,
        input_tokens: 0,
        output_tokens: 0,
    }
}

/// The first line of the first message, cut at a word.
fn first_title(text: &str) -> String {
    let line: String = text
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|char| !char.is_control())
        .collect();
    if line.chars().count() <= FIRST_TITLE {
        return if line.is_empty() {
            "Conversation".to_owned()
        } else {
            line
        };
    }
    let cut: String = line
        .chars()
        .take(FIRST_TITLE.min(CONVERSATION_TITLE_MAX))
        .collect();
    let cut = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{cut}…")
}

/// Ends the conversation's unfinished turn if it can be: one that waits is answered with no, one
/// whose process is gone was interrupted.
async fn make_way(write: &mut UserWrite, conversation: i64) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let Some(row) = queries::unfinished(&mut write.conn, &user_id, conversation).await? else {
        return Ok(());
    };
    if row.state() == TurnState::Waiting {
        return decline(write, row).await;
    }
    if row.is_abandoned(write.now) {
        return abandoned::interrupt(write, row).await;
    }
    Err(Error::Conflict {
        code: "turn_in_progress",
        detail: "The assistant is still answering. Wait for it or stop it, then send this again."
            .to_owned(),
    })
}

/// Answers the question of a waiting turn with no, and ends it.
async fn decline(write: &mut UserWrite, row: TurnRow) -> Result<(), Error> {
    let user_id = write.user_id.clone();
    let result = json!({"error": "You said no, so this was not done.", "code": "declined"});
    let mut events = Vec::new();
    for call in queries::calls(&mut write.conn, &user_id, &[row.id]).await? {
        if call.result.is_none() {
            calls::finish(
                write,
                CallRef {
                    turn: row.id,
                    n: call.n,
                },
                &result,
                &[],
            )
            .await?;
            events.push(TurnEvent::ToolResult {
                n: call.n,
                result: result.clone(),
                undo: Undo::None,
            });
        }
    }
    rules::end(write, row, TurnState::Done, events).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::has_control;

    #[test]
    fn a_conversation_is_titled_from_the_first_line_cut_at_a_word() {
        assert_eq!(first_title("Add milk\nand eggs"), "Add milk");
        let long = "word ".repeat(30);
        let title = first_title(&long);
        assert!(
            title.ends_with("word…") && title.chars().count() <= FIRST_TITLE + 1,
            "{title}"
        );
        assert!(!has_control(&first_title("a\tb")));
        assert_eq!(first_title("\u{7}"), "Conversation");
    }
}
