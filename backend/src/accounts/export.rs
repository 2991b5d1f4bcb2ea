//! Everything of one user as a JSON document. It is read a page at a time while it is sent, so that
//! neither memory nor a database connection depends on how much there is or how slowly it is taken.

use axum::body::{Body, Bytes};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, Queryable, Selectable,
    SelectableHelper, pg::Pg,
};
use diesel_async::RunQueryDsl;
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use todo_api::{PAGE_MAX, TaskQuery};
use tokio::sync::mpsc;
use tracing::Instrument;

use super::{model::UserRow, oauth, personal_tokens, queries, rules};
use crate::{
    app::App,
    caller::UserId,
    db::{
        Conn, on,
        schema::{conversations, messages, tool_calls},
        types::{At, Json},
    },
    error::Error,
    tasks,
};

/// Rows that are read at once.
const PAGE: i64 = 200;
/// Pieces of the document that wait to be sent.
const AHEAD: usize = 2;

/// The document of this user, as it is being written.
pub(super) fn document(app: &App, user: UserRow, user_id: UserId) -> Body {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let app = app.clone();
    tokio::spawn(
        async move {
            let writer = Writer {
                sender: sender.clone(),
                app,
                user_id,
            };
            if let Err(Stopped::Failed(error)) = writer.write(&user).await {
                tracing::warn!(%error, "an export broke off");
                // The connection breaks, so that half a document is not taken for a whole one.
                let broken = Err(std::io::Error::other("the export broke off"));
                let _client_left = sender.send(broken).await;
            }
        }
        .in_current_span(),
    );
    Body::from_stream(stream::unfold(receiver, async |mut receiver| {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    }))
}

/// Why a document ends early.
enum Stopped {
    /// The client left.
    ClientLeft,
    /// Something could not be read.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

struct Writer {
    sender: mpsc::Sender<Result<Bytes, std::io::Error>>,
    app: App,
    user_id: UserId,
}

impl Writer {
    async fn write(&self, user: &UserRow) -> Result<(), Stopped> {
        let now = self.app.clock.now();
        self.send(format!(
            "{{\"exported_at\":{},\n\"user\":{},\n\"settings\":{}",
            text(&now)?,
            text(&user.to_wire())?,
            text(&rules::settings(&self.app, user))?
        ))
        .await?;
        let sessions = queries::sessions(&mut self.conn().await?, &user.id, now).await?;
        let sessions = sessions.iter().map(|session| {
            json!({
                "id": session.id,
                "ip_address": session.ip_address,
                "user_agent": session.user_agent,
                "created_at": session.created_at.0,
                "updated_at": session.updated_at.0,
                "expires_at": session.expires_at.0,
            })
        });
        let mut list = self.list("sessions").await?;
        list.page(sessions).await?;
        list.end().await?;
        let tokens = personal_tokens::of_user(&mut self.conn().await?, &user.id, now).await?;
        let mut list = self.list("personal_tokens").await?;
        list.page(tokens.iter().map(|token| token.to_wire()))
            .await?;
        list.end().await?;
        let grants = oauth::grants_of(&mut self.conn().await?, &user.id, now).await?;
        let mut list = self.list("oauth_grants").await?;
        list.page(grants.iter().map(|grant| grant.to_wire()))
            .await?;
        list.end().await?;
        self.tasks().await?;
        self.conversations().await?;
        self.messages().await?;
        self.tool_calls().await?;
        self.send("}\n".to_owned()).await
    }

    async fn tasks(&self) -> Result<(), Stopped> {
        let mut list = self.list("tasks").await?;
        let mut query = TaskQuery {
            limit: Some(PAGE_MAX),
            ..TaskQuery::default()
        };
        loop {
            let page = tasks::rules::list(&mut self.conn().await?, &self.user_id, &query).await?;
            list.page(&page.tasks).await?;
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                return list.end().await;
            }
        }
    }

    async fn conversations(&self) -> Result<(), Stopped> {
        let mut list = self.list("conversations").await?;
        let mut after = 0;
        loop {
            let mut conn = self.conn().await?;
            let rows = conversations_after(&mut conn, &self.user_id, after).await?;
            drop(conn);
            let Some(last) = rows.last() else {
                return list.end().await;
            };
            after = last.id;
            list.page(rows.iter().map(ConversationRow::to_json)).await?;
        }
    }

    async fn messages(&self) -> Result<(), Stopped> {
        let mut list = self.list("messages").await?;
        let mut after = 0;
        loop {
            let mut conn = self.conn().await?;
            let rows = messages_after(&mut conn, &self.user_id, after).await?;
            drop(conn);
            let Some(last) = rows.last() else {
                return list.end().await;
            };
            after = last.id;
            list.page(rows.iter().map(MessageRow::to_json)).await?;
        }
    }

    async fn tool_calls(&self) -> Result<(), Stopped> {
        let mut list = self.list("tool_calls").await?;
        let mut after = (0, 0);
        loop {
            let mut conn = self.conn().await?;
            let rows = tool_calls_after(&mut conn, &self.user_id, after).await?;
            drop(conn);
            let Some(last) = rows.last() else {
                return list.end().await;
            };
            after = (last.turn_id, last.n);
            list.page(rows.iter().map(ToolCallRow::to_json)).await?;
        }
    }

    async fn conn(&self) -> Result<Conn, Stopped> {
        Ok(self.app.db.read_alone().await?)
    }

    async fn list(&self, name: &str) -> Result<List<'_>, Stopped> {
        self.send(format!(",\n\"{name}\":[")).await?;
        Ok(List {
            writer: self,
            is_empty: true,
        })
    }

    async fn send(&self, piece: String) -> Result<(), Stopped> {
        let sent = self.sender.send(Ok(piece.into())).await;
        sent.map_err(|_| Stopped::ClientLeft)
    }
}

/// A list of the document that is being written.
struct List<'a> {
    writer: &'a Writer,
    is_empty: bool,
}

impl List<'_> {
    async fn page<T: Serialize>(
        &mut self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<(), Stopped> {
        let mut piece = String::new();
        for item in items {
            piece += if self.is_empty { "\n" } else { ",\n" };
            piece += &text(&item)?;
            self.is_empty = false;
        }
        self.writer.send(piece).await
    }

    async fn end(self) -> Result<(), Stopped> {
        self.writer.send("]".to_owned()).await
    }
}

fn text(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Internal(error.to_string()))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations, check_for_backend(Pg))]
struct ConversationRow {
    id: i64,
    title: String,
    created_at: At,
    updated_at: At,
}

impl ConversationRow {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "created_at": self.created_at.0,
            "updated_at": self.updated_at.0,
        })
    }
}

async fn conversations_after(
    conn: &mut Conn,
    user_id: &UserId,
    after: i64,
) -> QueryResult<Vec<ConversationRow>> {
    on!(conn, |conn| {
        conversations::table
            .filter(conversations::user_id.eq(user_id.as_str()))
            .filter(conversations::id.gt(after))
            .order(conversations::id)
            .limit(PAGE)
            .select(ConversationRow::as_select())
            .load(conn)
            .await
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages, check_for_backend(Pg))]
struct MessageRow {
    id: i64,
    conversation_id: i64,
    turn_id: i64,
    role: String,
    content: String,
    hidden: bool,
    created_at: At,
}

impl MessageRow {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "conversation_id": self.conversation_id,
            "turn_id": self.turn_id,
            "role": self.role,
            "content": self.content,
            "hidden": self.hidden,
            "created_at": self.created_at.0,
        })
    }
}

async fn messages_after(
    conn: &mut Conn,
    user_id: &UserId,
    after: i64,
) -> QueryResult<Vec<MessageRow>> {
    on!(conn, |conn| {
        messages::table
            .filter(messages::user_id.eq(user_id.as_str()))
            .filter(messages::id.gt(after))
            .order(messages::id)
            .limit(PAGE)
            .select(MessageRow::as_select())
            .load(conn)
            .await
    })
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = tool_calls, check_for_backend(Pg))]
struct ToolCallRow {
    turn_id: i64,
    n: i32,
    tool: String,
    args: Json<Value>,
    result: Option<Json<Value>>,
    finished_at: Option<At>,
    undone_at: Option<At>,
}

impl ToolCallRow {
    fn to_json(&self) -> Value {
        json!({
            "turn_id": self.turn_id,
            "n": self.n,
            "tool": self.tool,
            "args": self.args.0,
            "result": self.result.as_ref().map(|result| &result.0),
            "finished_at": self.finished_at.map(|at| at.0),
            "undone_at": self.undone_at.map(|at| at.0),
        })
    }
}

async fn tool_calls_after(
    conn: &mut Conn,
    user_id: &UserId,
    (turn_id, n): (i64, i32),
) -> QueryResult<Vec<ToolCallRow>> {
    use tool_calls::dsl;
    on!(conn, |conn| {
        let later = dsl::turn_id
            .gt(turn_id)
            .or(dsl::turn_id.eq(turn_id).and(dsl::n.gt(n)));
        dsl::tool_calls
            .filter(dsl::user_id.eq(user_id.as_str()))
            .filter(later)
            .order((dsl::turn_id, dsl::n))
            .limit(PAGE)
            .select(ToolCallRow::as_select())
            .load(conn)
            .await
    })
}
