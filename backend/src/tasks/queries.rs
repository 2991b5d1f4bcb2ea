//! The statements about tasks. Each takes a connection of either kind.

use diesel::{
    AsChangeset, BoolExpressionMethods, EscapeExpressionMethods, ExpressionMethods, Insertable,
    OptionalExtension, QueryDsl, QueryResult, Queryable, Selectable, SelectableHelper,
    TextExpressionMethods, dsl::exists,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use todo_api::{Priority, Task, TaskQuery, TaskSort, TaskStatus};

use super::{
    cursor::{Cursor, Position},
    fields::Fields,
};
use crate::{
    caller::UserId,
    db::{
        Conn, on,
        schema::{task_tags, tasks},
        types::{At, Json},
    },
    text::{containing, key},
};

/// A task as it is read; the keys by which the database sorts and searches stay there.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tasks, check_for_backend(diesel::pg::Pg))]
pub(super) struct Row {
    user_id: String,
    pub(super) id: i64,
    title: String,
    description: Option<String>,
    completed: bool,
    priority: i16,
    due_date: Option<String>,
    tags: Json<Vec<String>>,
    created_at: At,
    updated_at: At,
    pub(super) deleted_at: Option<At>,
}

/// What a task's row says of its [`Fields`].
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = tasks, treat_none_as_null = true)]
struct FieldColumns {
    title: String,
    title_key: String,
    search_key: String,
    description: Option<String>,
    completed: bool,
    priority: i16,
    due_date: Option<String>,
    tags: Json<Vec<String>>,
}

impl FieldColumns {
    fn of(fields: &Fields) -> Self {
        let description = fields.description.as_deref().unwrap_or_default();
        Self {
            title: fields.title.clone(),
            title_key: key(&fields.title),
            search_key: key(&format!("{}\n{description}", fields.title)),
            description: fields.description.clone(),
            completed: fields.completed,
            priority: fields.priority as i16,
            due_date: fields.due_date.map(|due| due.to_string()),
            tags: Json(fields.tags.clone()),
        }
    }
}

impl Row {
    pub(super) fn fields(&self) -> Fields {
        Fields {
            title: self.title.clone(),
            description: self.description.clone(),
            completed: self.completed,
            priority: priority(self.priority),
            due_date: self.due_date.as_deref().and_then(|due| due.parse().ok()),
            tags: self.tags.0.clone(),
        }
    }

    pub(super) fn cursor(&self, query: &TaskQuery) -> Cursor {
        let position = match query.sort.unwrap_or_default() {
            TaskSort::Created => Position::Created,
            TaskSort::Title => Position::Title(key(&self.title)),
            TaskSort::DueDate => Position::DueDate(self.due_date.clone()),
            TaskSort::Priority => Position::Priority(self.priority),
        };
        Cursor::new(position, self.id, query)
    }
}

impl From<Row> for Task {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            title: row.title,
            description: row.description,
            completed: row.completed,
            priority: priority(row.priority),
            due_date: row.due_date.as_deref().and_then(|due| due.parse().ok()),
            tags: row.tags.0,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

const fn priority(column: i16) -> Priority {
    match column {
        1 => Priority::Low,
        2 => Priority::Medium,
        3 => Priority::High,
        _ => Priority::None,
    }
}

/// The rows of a page and one more, if there is one.
pub(super) async fn list(
    conn: &mut Conn,
    user_id: &UserId,
    query: &TaskQuery,
    after: Option<&Cursor>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    on!(conn, |conn| {
        let mut select = tasks::table
            .filter(tasks::user_id.eq(user_id.as_str()))
            .filter(tasks::deleted_at.is_null())
            .select(Row::as_select())
            .into_boxed();
        match query.status.unwrap_or_default() {
            TaskStatus::All => {}
            TaskStatus::Pending => select = select.filter(tasks::completed.eq(false)),
            TaskStatus::Completed => select = select.filter(tasks::completed.eq(true)),
        }
        if let Some(priority) = query.priority {
            select = select.filter(tasks::priority.eq(priority as i16));
        }
        if let Some(search) = query.search.as_deref() {
            select = select.filter(tasks::search_key.like(containing(search)).escape('\\'));
        }
        if let Some(tag) = query.tag.as_deref() {
            select = select.filter(exists(
                task_tags::table
                    .filter(task_tags::user_id.eq(tasks::user_id))
                    .filter(task_tags::task_id.eq(tasks::id))
                    .filter(task_tags::tag_key.eq(key(tag))),
            ));
        }
        if let Some(before) = query.due_before {
            select = select.filter(tasks::due_date.lt(before.to_string()));
        }
        if let Some(from) = query.due_after {
            select = select.filter(tasks::due_date.ge(from.to_string()));
        }
        select = match query.sort.unwrap_or_default() {
            TaskSort::Created => select.order(tasks::id.desc()),
            TaskSort::Title => select.order((tasks::title_key, tasks::id)),
            TaskSort::DueDate => {
                select.order((tasks::due_date.is_null(), tasks::due_date, tasks::id))
            }
            TaskSort::Priority => select.order((tasks::priority.desc(), tasks::id.desc())),
        };
        if let Some(Cursor { position, id, .. }) = after {
            select = match position {
                Position::Created => select.filter(tasks::id.lt(id)),
                Position::Title(title) => select.filter(
                    tasks::title_key
                        .gt(title)
                        .or(tasks::title_key.eq(title).and(tasks::id.gt(id))),
                ),
                Position::DueDate(Some(due)) => select.filter(
                    tasks::due_date
                        .gt(due)
                        .or(tasks::due_date.eq(due).and(tasks::id.gt(id)))
                        .or(tasks::due_date.is_null()),
                ),
                Position::DueDate(None) => {
                    select.filter(tasks::due_date.is_null().and(tasks::id.gt(id)))
                }
                Position::Priority(priority) => select.filter(
                    tasks::priority
                        .lt(priority)
                        .or(tasks::priority.eq(priority).and(tasks::id.lt(id))),
                ),
            };
        }
        select.limit(limit).load(conn).await
    })
}

/// A task that may have been deleted.
pub(super) async fn find(conn: &mut Conn, user_id: &UserId, id: i64) -> QueryResult<Option<Row>> {
    on!(conn, |conn| tasks::table
        .find((user_id.as_str(), id))
        .select(Row::as_select())
        .first(conn)
        .await
        .optional())
}

pub(super) async fn insert(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    fields: &Fields,
    now: Timestamp,
) -> QueryResult<Row> {
    let values = (
        tasks::user_id.eq(user_id.as_str()),
        tasks::id.eq(id),
        FieldColumns::of(fields),
        tasks::created_at.eq(At(now)),
        tasks::updated_at.eq(At(now)),
    );
    let row = on!(conn, |conn| diesel::insert_into(tasks::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(conn)
        .await)?;
    insert_tags(conn, user_id, id, &fields.tags).await?;
    Ok(row)
}

pub(super) async fn update(
    conn: &mut Conn,
    user_id: &UserId,
    old: &Row,
    fields: &Fields,
    now: Timestamp,
) -> QueryResult<Row> {
    let columns = FieldColumns::of(fields);
    let row = on!(conn, |conn| diesel::update(
        tasks::table.find((user_id.as_str(), old.id))
    )
    .set((columns, tasks::updated_at.eq(At(now))))
    .returning(Row::as_returning())
    .get_result(conn)
    .await)?;
    if old.tags.0 != fields.tags {
        on!(conn, |conn| diesel::delete(task_tags::table)
            .filter(task_tags::user_id.eq(user_id.as_str()))
            .filter(task_tags::task_id.eq(old.id))
            .execute(conn)
            .await)?;
        insert_tags(conn, user_id, old.id, &fields.tags).await?;
    }
    Ok(row)
}

async fn insert_tags(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    tags: &[String],
) -> QueryResult<()> {
    for tag in tags {
        let values = (
            task_tags::user_id.eq(user_id.as_str()),
            task_tags::tag_key.eq(key(tag)),
            task_tags::task_id.eq(id),
        );
        on!(conn, |conn| diesel::insert_into(task_tags::table)
            .values(values)
            .execute(conn)
            .await)?;
    }
    Ok(())
}

/// Marks a task as deleted, or as not deleted.
pub(super) async fn set_deleted(
    conn: &mut Conn,
    user_id: &UserId,
    id: i64,
    deleted_at: Option<Timestamp>,
    now: Timestamp,
) -> QueryResult<Row> {
    on!(conn, |conn| diesel::update(
        tasks::table.find((user_id.as_str(), id))
    )
    .set((
        tasks::deleted_at.eq(deleted_at.map(At)),
        tasks::updated_at.eq(At(now))
    ))
    .returning(Row::as_returning())
    .get_result(conn)
    .await)
}

/// Marks all completed tasks as deleted and tells which these were.
pub(super) async fn delete_completed(
    conn: &mut Conn,
    user_id: &UserId,
    now: Timestamp,
) -> QueryResult<Vec<i64>> {
    on!(conn, |conn| diesel::update(tasks::table)
        .filter(tasks::user_id.eq(user_id.as_str()))
        .filter(tasks::completed.eq(true))
        .filter(tasks::deleted_at.is_null())
        .set((
            tasks::deleted_at.eq(Some(At(now))),
            tasks::updated_at.eq(At(now))
        ))
        .returning(tasks::id)
        .get_results(conn)
        .await)
}

/// Marks these tasks as not deleted, if they were deleted after `since`, and tells which these were.
pub(super) async fn restore_all(
    conn: &mut Conn,
    user_id: &UserId,
    ids: &[i64],
    since: Timestamp,
    now: Timestamp,
) -> QueryResult<Vec<i64>> {
    on!(conn, |conn| diesel::update(tasks::table)
        .filter(tasks::user_id.eq(user_id.as_str()))
        .filter(tasks::id.eq_any(ids))
        .filter(tasks::deleted_at.ge(At(since)))
        .set((
            tasks::deleted_at.eq(None::<At>),
            tasks::updated_at.eq(At(now))
        ))
        .returning(tasks::id)
        .get_results(conn)
        .await)
}

/// The tags of the tasks that are there, each spelled as on some task.
pub(super) async fn tags(conn: &mut Conn, user_id: &UserId) -> QueryResult<Vec<Json<Vec<String>>>> {
    on!(conn, |conn| tasks::table
        .filter(tasks::user_id.eq(user_id.as_str()))
        .filter(tasks::deleted_at.is_null())
        .filter(tasks::tags.ne("[]"))
        .select(tasks::tags)
        .distinct()
        .limit(1_000)
        .load(conn)
        .await)
}
