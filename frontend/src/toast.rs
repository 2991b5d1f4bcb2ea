//! Short notes at the edge of the page, some with an undo.

use askama::Template;
use todo_api::TaskIds;

/// A note that goes away by itself.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "toast.html")]
pub(crate) struct Toast {
    text: String,
    is_error: bool,
    /// Ids to restore, as [`ranges`] writes them.
    restore: Option<String>,
    link: Option<(String, String)>,
    /// Whether it offers to sign in, in another tab so that this one keeps what was typed.
    sign_in: bool,
    /// The address to come back to without JavaScript.
    address: String,
    /// Whether it stands in the page rather than over it.
    inline: bool,
}

impl Toast {
    /// Says that something was done.
    pub(crate) fn note(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Says that something failed.
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            ..Self::note(text)
        }
    }

    /// The same with a button that restores tasks.
    pub(crate) fn with_restore(self, ids: &[i64], address: &str) -> Self {
        Self {
            restore: Some(ranges(ids)),
            address: address.to_owned(),
            ..self
        }
    }

    /// The same with a link.
    pub(crate) fn with_link(self, text: &str, href: String) -> Self {
        Self {
            link: Some((text.to_owned(), href)),
            ..self
        }
    }

    /// The same with a link to sign in.
    pub(crate) fn with_sign_in(self) -> Self {
        Self {
            sign_in: true,
            ..self
        }
    }

    /// The same to stand in the page, where it does not go away.
    pub(crate) fn inline(self) -> Self {
        Self {
            inline: true,
            ..self
        }
    }

    /// For the end of a fragment: htmx puts it where toasts are.
    pub(crate) fn partial(&self) -> ToastPartial<'_> {
        ToastPartial { toast: self }
    }
}

/// A toast on its way to its place.
#[derive(Template)]
#[template(
    source = r##"<hx-partial hx-target="#toasts" hx-swap="beforeend">{{ toast|safe }}</hx-partial>"##,
    ext = "html"
)]
pub(crate) struct ToastPartial<'a> {
    toast: &'a Toast,
}

/// Ids in few characters: `1-40,43`.
pub(crate) fn ranges(ids: &[i64]) -> String {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => parts.push((id, id)),
        }
    }
    let texts: Vec<String> = parts
        .into_iter()
        .map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        })
        .collect();
    texts.join(",")
}

/// Reads what [`ranges`] wrote; at most 10,000 ids, and none of what is something else.
pub(crate) fn ids_of(ranges: &str) -> TaskIds {
    const MOST: usize = 10_000;
    let ids = ranges
        .split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse::<i64>().ok()?..=last.parse::<i64>().ok()?)
        })
        .flatten()
        .take(MOST)
        .collect();
    TaskIds { ids }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_travel_as_ranges() {
        assert_eq!(ranges(&[5, 1, 2, 3, 9, 3]), "1-3,5,9");
        assert_eq!(ids_of("1-3,5,9").ids, [1, 2, 3, 5, 9]);
        assert_eq!(ids_of("").ids, [] as [i64; 0]);
        assert_eq!(ids_of("x,2-,7").ids, [7]);
        assert_eq!(ids_of("1-9223372036854775807").ids.len(), 10_000);
    }

    #[test]
    fn hostile_text_is_text() {
        let toast = Toast::note("<script>alert(1)</script>").with_restore(&[3], "\"><b>");
        let html = toast.to_string();
        assert!(
            !html.contains("<script>") && !html.contains("\"><b>"),
            "{html}"
        );
    }
}
