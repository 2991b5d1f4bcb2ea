//! Where the next page of a list starts: opaque to clients, bound to the list's sort and filters.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use todo_api::{TaskQuery, TaskSort};

use crate::error::Error;

/// The position after the last task of a page: its sort key and id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// What the list was sorted by.
    pub(super) position: Position,
    /// The id of the last task.
    pub(super) id: i64,
    /// Of the filters.
    filters: String,
}

/// The sort key of the last task of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Position {
    Created,
    Title(String),
    DueDate(Option<String>),
    Priority(i16),
}

impl Cursor {
    pub(super) fn new(position: Position, id: i64, query: &TaskQuery) -> Self {
        Self {
            position,
            id,
            filters: fingerprint(query),
        }
    }

    pub(super) fn encode(&self) -> String {
        // Strings and numbers always serialize.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads the cursor of a query, if it has one.
    pub(super) fn decode(query: &TaskQuery) -> Result<Option<Self>, Error> {
        let Some(text) = &query.cursor else {
            return Ok(None);
        };
        let cursor = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Self>(&json).ok());
        cursor
            .filter(|cursor| cursor.fits(query))
            .map(Some)
            .ok_or_else(|| {
                Error::Malformed(
                    "The cursor does not belong to this list. Start again without it.".to_owned(),
                )
            })
    }

    fn fits(&self, query: &TaskQuery) -> bool {
        let sorted_alike = matches!(
            (&self.position, query.sort.unwrap_or_default()),
            (Position::Created, TaskSort::Created)
                | (Position::Title(_), TaskSort::Title)
                | (Position::DueDate(_), TaskSort::DueDate)
                | (Position::Priority(_), TaskSort::Priority)
        );
        let storable = match &self.position {
            Position::Title(text) | Position::DueDate(Some(text)) => !text.contains('\0'),
            _ => true,
        };
        sorted_alike && storable && self.filters == fingerprint(query)
    }
}

fn fingerprint(query: &TaskQuery) -> String {
    let filters = TaskQuery {
        cursor: None,
        limit: None,
        ..query.clone()
    };
    let json = serde_json::to_vec(&filters).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(&Sha256::digest(json)[..9])
}
