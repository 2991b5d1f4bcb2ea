//! The address of the task page: everything about what it shows is in its query, so that a
//! reload, a bookmark and a form without JavaScript all lead to the same view.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned,
        value::{self, StrDeserializer},
    },
};
use todo_api::{Priority, TaskQuery, TaskSort, TaskStatus};

use crate::visitor::Visitor;

/// Tasks of one page of the list.
pub(crate) const PAGE_SIZE: u16 = 200;
/// Most pages of the list that are shown at once.
const PAGES_MAX: u8 = 25;

/// What the task page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Address {
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<TaskStatus>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) sort: Option<TaskSort>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) search: Option<String>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<String>,
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<Priority>,
    /// How many pages of the list.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(crate) pages: Option<u8>,
    /// The open conversation, `new`, or none for the latest.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) c: Option<String>,
    /// Where the page of the conversation's messages ends.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<i64>,
    /// What a narrow screen shows.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) view: Option<Pane>,
    /// The task that is being edited.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(crate) edit: Option<i64>,
    /// The message that is being edited.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub(crate) edit_message: Option<i64>,
    /// What has just been done, for pages without JavaScript.
    #[serde(deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub(crate) notice: Option<String>,
}

/// One half of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Pane {
    Tasks,
    Chat,
}

/// Which conversation is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    Latest,
    New,
    Number(i64),
}

/// What does not fit is as good as absent: people edit addresses, and old bookmarks stay.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(d)?.unwrap_or_default();
    Ok(match text.trim() {
        "" => None,
        text => T::deserialize(StrDeserializer::<value::Error>::new(text)).ok(),
    })
}

fn number<'de, D: Deserializer<'de>, T: std::str::FromStr>(d: D) -> Result<Option<T>, D::Error> {
    let text = Option::<String>::deserialize(d)?;
    Ok(text.and_then(|text| text.trim().parse().ok()))
}

impl Address {
    /// Reads a query; one that makes no sense is the page as it opens.
    pub(crate) fn parse(query: &str) -> Self {
        let address: Self = serde_urlencoded::from_str(query).unwrap_or_default();
        Self {
            status: address.status.filter(|status| *status != TaskStatus::All),
            sort: address.sort.filter(|sort| *sort != TaskSort::Created),
            ..address
        }
    }

    /// The address of the page that a form was on: as the browser shows it, or else as the form
    /// has it.
    pub(crate) fn of_page(visitor: &Visitor, form: &str) -> Self {
        Self::parse(visitor.page_query.as_deref().unwrap_or(form))
    }

    /// The same with the chat as another address has it.
    pub(crate) fn with_chat_of(self, other: &Self) -> Self {
        Self {
            c: other.c.clone(),
            view: other.view,
            ..self
        }
    }

    /// The query.
    pub(crate) fn query(&self) -> String {
        serde_urlencoded::to_string(self).unwrap_or_default()
    }

    /// The address.
    pub(crate) fn href(&self) -> String {
        match self.query() {
            query if query.is_empty() => "/".into(),
            query => format!("/?{query}"),
        }
    }

    /// The same without what concerns only one visit: an open editor, a notice.
    pub(crate) fn settled(&self) -> Self {
        Self {
            edit: None,
            edit_message: None,
            notice: None,
            ..self.clone()
        }
    }

    /// The same with the list as it opens.
    pub(crate) fn unfiltered(&self) -> Self {
        Self {
            c: self.c.clone(),
            view: self.view,
            ..Self::default()
        }
    }

    /// The same with another tag.
    pub(crate) fn with_tag(&self, tag: &str) -> Self {
        Self {
            tag: Some(tag.to_owned()),
            pages: None,
            ..self.settled()
        }
    }

    /// The same with an editor open.
    pub(crate) fn editing(&self, task: i64) -> Self {
        Self {
            edit: Some(task),
            ..self.settled()
        }
    }

    /// The same with one page of the list more.
    pub(crate) fn with_more(&self) -> Self {
        Self {
            pages: Some((self.pages() + 1).min(PAGES_MAX)),
            ..self.settled()
        }
    }

    /// The same with the chat open at a conversation.
    pub(crate) fn at_conversation(&self, id: i64) -> Self {
        Self {
            c: Some(id.to_string()),
            before: None,
            view: Some(Pane::Chat),
            ..self.settled()
        }
    }

    /// The same with a new conversation.
    pub(crate) fn at_new_conversation(&self) -> Self {
        Self {
            c: Some("new".into()),
            before: None,
            view: Some(Pane::Chat),
            ..self.settled()
        }
    }

    /// How many pages of the list to show, at least 1.
    pub(crate) fn pages(&self) -> u8 {
        self.pages.unwrap_or(1).clamp(1, PAGES_MAX)
    }

    /// The open conversation.
    pub(crate) fn open(&self) -> Open {
        match self.c.as_deref() {
            None => Open::Latest,
            Some(text) => text.parse().map_or(Open::New, Open::Number),
        }
    }

    /// Whether the list leaves tasks out.
    pub(crate) fn is_filtered(&self) -> bool {
        self.status.is_some()
            || self.search.is_some()
            || self.tag.is_some()
            || self.priority.is_some()
    }

    /// The query to the backend for the list.
    pub(crate) fn task_query(&self) -> TaskQuery {
        TaskQuery {
            status: self.status,
            sort: self.sort,
            search: self
                .search
                .as_deref()
                .map(|text| plain(text, todo_api::SEARCH_MAX)),
            tag: self
                .tag
                .as_deref()
                .map(|text| plain(text, todo_api::TAG_MAX)),
            priority: self.priority,
            limit: Some(PAGE_SIZE),
            ..TaskQuery::default()
        }
    }
}

/// As much of a text as can be searched for.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(most).collect()
}

/// Where to go after signing in: a path of ours, or the task page.
pub(crate) fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
        && next.parse::<axum::http::Uri>().is_ok();
    if is_local { next } else { "/" }
}

/// The sign-in page that leads back to `back`.
pub(crate) fn login_for(back: &str) -> String {
    if back.is_empty() || back == "/" {
        return "/login".into();
    }
    let query = serde_urlencoded::to_string([("next", back)]).unwrap_or_default();
    format!("/login?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_way_through_a_form() {
        let text = "status=pending&sort=due_date&search=milk+%26+eggs&tag=home&priority=high&c=12";
        let address = Address::parse(text);
        assert_eq!(address.search.as_deref(), Some("milk & eggs"));
        assert_eq!(address.open(), Open::Number(12));
        assert_eq!(address.query(), text);
    }

    #[test]
    fn what_makes_no_sense_is_ignored() {
        let address =
            Address::parse("status=maybe&sort=&pages=999&priority=urgent&edit=x&c=-&zz=1");
        assert_eq!(
            address.task_query(),
            TaskQuery {
                limit: Some(PAGE_SIZE),
                ..TaskQuery::default()
            }
        );
        assert_eq!(address.pages(), 1);
        assert_eq!(Address::parse("pages=0").pages(), 1);
        assert_eq!(Address::parse("pages=200").pages(), PAGES_MAX);
        assert_eq!(
            Address::parse("status=all&status=pending"),
            Address::default()
        );
    }

    #[test]
    fn signing_in_leads_only_to_our_own_pages() {
        for path in ["/", "/settings", "/?status=pending&c=3"] {
            assert_eq!(local_path(path), path);
        }
        for path in [
            "",
            "settings",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nset-cookie: x=y",
            "/ space",
        ] {
            assert_eq!(local_path(path), "/", "{path}");
        }
        assert_eq!(login_for("/?c=3"), "/login?next=%2F%3Fc%3D3");
    }
}
