//! Resources: the tasks as documents that a client can attach to a conversation.

use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};
use serde_json::json;
use todo_api::TaskQuery;

use super::tools;
use crate::{app::App, caller::UserId, error::Error, tasks::rules};

const TASKS: &str = "todo://tasks";
const JSON: &str = "application/json";

/// The resources as clients see them.
pub(super) fn list() -> Vec<Resource> {
    vec![
        Resource::new(TASKS, "tasks")
            .with_title("All tasks")
            .with_description("The user's tasks, the newest first, up to 1,000.")
            .with_mime_type(JSON),
    ]
}

/// The templates of addresses of resources.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("todo://tasks/{id}", "task")
            .with_title("One task")
            .with_description("A task by its number.")
            .with_mime_type(JSON),
    ]
}

/// What a resource holds.
///
/// # Errors
/// [`Error::NotFound`] when this user has no such resource; the database's.
pub(super) async fn read(
    app: &App,
    user_id: &UserId,
    uri: &str,
) -> Result<ReadResourceResult, Error> {
    let content = if uri == TASKS {
        json!(tools::listed(app, user_id, &TaskQuery::default()).await?)
    } else {
        let id = uri
            .strip_prefix(TASKS)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|id| id.parse().ok())
            .ok_or(Error::NotFound("resource"))?;
        let task = rules::get(&mut app.db.read().await?, user_id, id).await?;
        json!(tools::Listed::from(task))
    };
    let contents = ResourceContents::text(content.to_string(), uri).with_mime_type(JSON);
    Ok(ReadResourceResult::new(vec![contents]))
}
