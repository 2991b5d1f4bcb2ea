//! What can be done with tasks. Every way in, REST or the agent's tools, goes through these; each
//! write gives back the [`Change`] that undoes it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use todo_api::{LIST_MAX, SEARCH_MAX, Task, TaskList, TaskQuery};

use super::{
    changes::{Change, Undoing},
    cursor::Cursor,
    fields::{Edit, Fields},
    queries::{self, Row},
};
use crate::{
    caller::UserId,
    db::{Conn, Db, DbError},
    error::Error,
    extract::page_limit,
    text::key,
    writes::UserWrite,
};

/// How long a deleted task can be restored, and a change undone.
pub const UNDO_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A task after a write, and how to undo the write.
pub type Changed = (Task, Change);

/// A connection for a [`list`]. A search looks at each of the user's tasks: nobody waits behind it.
///
/// # Errors
/// As [`Db::read`].
pub async fn reader(db: &Db, query: &TaskQuery) -> Result<Conn, DbError> {
    match query.search {
        None => db.read().await,
        Some(_) => db.read_alone().await,
    }
}

/// A page of a user's tasks.
///
/// # Errors
/// [`Error::Invalid`] for a limit or a search text out of range, [`Error::Malformed`] for a cursor
/// of another list.
pub async fn list(conn: &mut Conn, user_id: &UserId, query: &TaskQuery) -> Result<TaskList, Error> {
    let limit = page_limit(query.limit, "tasks")?;
    for (field, text) in [("search", &query.search), ("tag", &query.tag)] {
        if text
            .as_ref()
            .is_some_and(|text| text.chars().count() > SEARCH_MAX)
        {
            return Err(Error::field(
                field,
                format!("Search for at most {SEARCH_MAX} characters."),
            ));
        }
    }
    let after = Cursor::decode(query)?;
    let limit = usize::from(limit);
    let mut rows = queries::list(conn, user_id, query, after.as_ref(), limit as i64 + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| row.cursor(query).encode());
    Ok(TaskList {
        tasks: rows.into_iter().map(Task::from).collect(),
        next_cursor,
    })
}

/// One task.
///
/// # Errors
/// [`Error::NotFound`] when this user has no such task.
pub async fn get(conn: &mut Conn, user_id: &UserId, id: i64) -> Result<Task, Error> {
    present(conn, user_id, id).await.map(Task::from)
}

async fn present(conn: &mut Conn, user_id: &UserId, id: i64) -> Result<Row, Error> {
    let row = queries::find(conn, user_id, id).await?;
    row.filter(|row| row.deleted_at.is_none())
        .ok_or(Error::NotFound("task"))
}

/// Adds a task under the next reserved id.
///
/// # Errors
/// The database's.
pub async fn add(write: &mut UserWrite, fields: Fields) -> Result<Changed, Error> {
    let id = write.next_task_id();
    let row = queries::insert(&mut write.conn, &write.user_id, id, &fields, write.now).await?;
    write.changed.tasks.push(id);
    Ok((
        row.into(),
        Change::Added {
            task_id: id,
            fields,
        },
    ))
}

/// Changes a task.
///
/// # Errors
/// [`Error::NotFound`] when this user has no such task.
pub async fn update(write: &mut UserWrite, id: i64, edit: &Edit) -> Result<Changed, Error> {
    let row = present(&mut write.conn, &write.user_id, id).await?;
    set(write, &row, edit).await
}

/// Marks a task as completed or not; without saying which, the other than it is.
///
/// # Errors
/// [`Error::NotFound`] when this user has no such task.
pub async fn complete(
    write: &mut UserWrite,
    id: i64,
    completed: Option<bool>,
) -> Result<Changed, Error> {
    let row = present(&mut write.conn, &write.user_id, id).await?;
    let completed = completed.unwrap_or(!row.fields().completed);
    set(
        write,
        &row,
        &Edit {
            completed: Some(completed),
            ..Edit::default()
        },
    )
    .await
}

async fn set(write: &mut UserWrite, row: &Row, edit: &Edit) -> Result<Changed, Error> {
    let before = row.fields();
    let after = before.after(edit);
    let change = Change::Updated {
        task_id: row.id,
        before: after.difference(&before),
        after: before.difference(&after),
    };
    if before == after {
        return Ok((row.clone().into(), change));
    }
    let row = queries::update(&mut write.conn, &write.user_id, row, &after, write.now).await?;
    write.changed.tasks.push(row.id);
    Ok((row.into(), change))
}

/// Deletes a task; it can be restored for 30 days.
///
/// # Errors
/// [`Error::NotFound`] when this user has no such task.
pub async fn delete(write: &mut UserWrite, id: i64) -> Result<Changed, Error> {
    present(&mut write.conn, &write.user_id, id).await?;
    let row = queries::set_deleted(
        &mut write.conn,
        &write.user_id,
        id,
        Some(write.now),
        write.now,
    )
    .await?;
    write.changed.tasks.push(id);
    Ok((row.into(), Change::Deleted { task_id: id }))
}

/// Restores a task that was deleted in the last 30 days; one that is there stays as it is.
///
/// # Errors
/// [`Error::NotFound`] when there is none to restore.
pub async fn restore(write: &mut UserWrite, id: i64) -> Result<Task, Error> {
    let row = queries::find(&mut write.conn, &write.user_id, id)
        .await?
        .ok_or(Error::NotFound("task"))?;
    match row.deleted_at {
        None => Ok(row.into()),
        Some(deleted) if write.now.duration_since(deleted.0) > UNDO_FOR => {
            Err(Error::NotFound("task"))
        }
        Some(_) => {
            write.changed.tasks.push(id);
            Ok(
                queries::set_deleted(&mut write.conn, &write.user_id, id, None, write.now)
                    .await?
                    .into(),
            )
        }
    }
}

/// Deletes all completed tasks and tells which these were.
///
/// # Errors
/// The database's.
pub async fn clear_completed(write: &mut UserWrite) -> Result<Vec<i64>, Error> {
    let ids = queries::delete_completed(&mut write.conn, &write.user_id, write.now).await?;
    write.changed.tasks.clone_from(&ids);
    Ok(ids)
}

/// Restores several tasks that were deleted in the last 30 days and tells which these were.
///
/// # Errors
/// [`Error::Invalid`] for more tasks than a list holds.
pub async fn restore_all(write: &mut UserWrite, ids: &[i64]) -> Result<Vec<i64>, Error> {
    if ids.len() > usize::from(LIST_MAX) {
        return Err(Error::field(
            "ids",
            format!("Restore at most {LIST_MAX} tasks at once."),
        ));
    }
    let since = write.now - UNDO_FOR;
    let ids = queries::restore_all(&mut write.conn, &write.user_id, ids, since, write.now).await?;
    write.changed.tasks.clone_from(&ids);
    Ok(ids)
}

/// Undoes changes as one unit, the latest first, and gives the tasks back that were touched.
///
/// # Errors
/// [`Error::ChangedSince`] when one of the fields was changed meanwhile; then nothing is undone.
pub async fn undo(write: &mut UserWrite, changes: &[Change]) -> Result<Vec<Task>, Error> {
    let mut undone = Vec::with_capacity(changes.len());
    for change in changes.iter().rev() {
        let id = change.task_id();
        let row = queries::find(&mut write.conn, &write.user_id, id)
            .await?
            .ok_or(Error::NotFound("task"))?;
        let (user_id, now) = (write.user_id.clone(), write.now);
        let row = match change.undoing(&row.fields(), row.deleted_at.is_some()) {
            Undoing::ChangedSince => return Err(Error::ChangedSince(Box::new(row.into()))),
            Undoing::Nothing => row,
            Undoing::Delete => {
                queries::set_deleted(&mut write.conn, &user_id, id, Some(now), now).await?
            }
            Undoing::Restore => {
                queries::set_deleted(&mut write.conn, &user_id, id, None, now).await?
            }
            Undoing::Edit(edit) => {
                let fields = row.fields().after(&edit);
                queries::update(&mut write.conn, &user_id, &row, &fields, now).await?
            }
        };
        write.changed.tasks.push(id);
        undone.push(row.into());
    }
    Ok(undone)
}

/// The tags in use, in alphabetical order.
///
/// # Errors
/// The database's.
pub async fn tags(conn: &mut Conn, user_id: &UserId) -> Result<Vec<String>, Error> {
    let lists = queries::tags(conn, user_id).await?;
    let by_key: BTreeMap<_, _> = lists
        .into_iter()
        .flat_map(|list| list.0)
        .map(|tag| (key(&tag), tag))
        .collect();
    Ok(by_key.into_values().collect())
}
