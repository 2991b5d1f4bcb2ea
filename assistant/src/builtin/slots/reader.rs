//! Parts a title from what stands beside it.

use todo_api::{DESCRIPTION_MAX, Priority, TITLE_MAX};

use super::{
    super::{
        dates::{self, Clock, When},
        language,
        tokens::{Kind, Phrase, Token},
    },
    Details, clip,
    properties::{is_adjective, priority, tags},
    title_text,
};

pub(super) struct Reader<'a> {
    phrase: Phrase<'a>,
    clock: &'a Clock,
    /// Which tokens are no part of the title.
    taken: Vec<bool>,
    details: Details,
}

impl<'a> Reader<'a> {
    pub(super) fn new(phrase: Phrase<'a>, clock: &'a Clock) -> Self {
        Self {
            phrase,
            clock,
            taken: vec![false; phrase.len()],
            details: Details::default(),
        }
    }

    fn take(&mut self, at: usize, len: usize) {
        for taken in self.taken.iter_mut().skip(at).take(len) {
            *taken = true;
        }
    }

    /// "with the description: …", "note: …", to the end.
    pub(super) fn description(&mut self) {
        for at in 1..self.phrase.len() {
            let rest = self.phrase.from(at);
            let mut len = 0;
            let led = matches!(rest.word(0), "with" | "and");
            if led {
                len += 1;
                if matches!(rest.word(len), "a" | "the") {
                    len += 1;
                }
            }
            if !matches!(
                rest.word(len),
                "description" | "desc" | "note" | "notes" | "details" | "comment"
            ) {
                continue;
            }
            len += 1;
            let mut marked = false;
            while matches!(
                rest.word(len),
                ":" | "that" | "says" | "saying" | "of" | "to" | "-" | "="
            ) {
                marked = true;
                len += 1;
            }
            let quoted = matches!(rest.get(len), Some(t) if matches!(t.kind, Kind::Quoted(_)));
            if !(led || marked || quoted) || rest.get(len).is_none() {
                continue;
            }
            let body = rest.from(len);
            let (text, taken) = match body.get(0) {
                Some(token) if quoted => (body.unquoted(token), len + 1),
                _ => (body.source(), rest.len()),
            };
            self.details.description = Some(clip(text.trim(), DESCRIPTION_MAX));
            self.take(at, taken);
            return;
        }
    }

    /// What is a date, a priority or a tag wherever it stands.
    pub(super) fn anywhere(&mut self) {
        let mut at = 0;
        while at < self.phrase.len() {
            if self.taken[at] {
                at += 1;
                continue;
            }
            let rest = self.phrase.from(at);
            let len = if let Some(len) = tags(rest, &mut self.details.tags) {
                len
            } else if let Some((level, len)) = self.priority_here(rest) {
                self.details.priority = Some(level);
                len
            } else if let Some(found) = dates::find(rest, self.clock)
                && found.sure
                && !self.is_attribute(at, found.len)
                && (self.is_name(at, found.len) || self.set_when(found.when))
            {
                if self.is_name(at, found.len) {
                    at += found.len;
                    continue;
                }
                found.len
            } else {
                at += 1;
                continue;
            };
            self.take(at, len);
            at += len;
        }
    }

    /// "the 5pm show": a time between an article and its noun is part of the name.
    fn is_attribute(&self, at: usize, len: usize) -> bool {
        let before = at.checked_sub(1).map_or("", |at| self.phrase.word(at));
        let after = self.phrase.get(at + len);
        len == 1
            && matches!(before, "the" | "a" | "an" | "my" | "our")
            && after.is_some_and(|token| token.kind == Kind::Word)
    }

    /// "Tomorrow Never Dies", "The Day After Tomorrow": capitals where none are needed.
    fn is_name(&self, at: usize, len: usize) -> bool {
        let is_capital = |at: usize| {
            let word = self.phrase.range(at..at + 1);
            let is_word = word.get(0).is_some_and(|token| token.kind == Kind::Word);
            is_word && word.source().starts_with(char::is_uppercase)
        };
        let last = at + len - 1;
        if (at..=last).filter(|at| is_capital(*at)).count() >= 3 {
            // Unless every word has one.
            return (0..at).any(|at| !is_capital(at));
        }
        let is_near = matches!(
            self.phrase.word(last),
            "today" | "tomorrow" | "tonight" | "yesterday"
        );
        let is_led =
            (at..last).all(|at| matches!(self.phrase.word(at), "for" | "on" | "by" | "in"));
        // At the start of a message one capital says nothing.
        let opens_message = self.phrase.range(last..last + 1).source_start() == 0;
        let has_title = is_capital(last + 1)
            && !language::is_task_verb(self.phrase.word(last + 1))
            && (!opens_message || is_capital(last + 2));
        let writes_plainly = last == 0 || (0..last).any(|at| !is_capital(at));
        is_near && is_led && is_capital(last) && has_title && writes_plainly
    }

    fn priority_here(&self, rest: Phrase<'_>) -> Option<(Priority, usize)> {
        if self.details.priority.is_some() {
            return None;
        }
        priority(rest)
    }

    fn set_when(&mut self, when: When) -> bool {
        match self.details.when {
            None => self.details.when = Some(when),
            Some(said) => match said.join(when) {
                Some(joined) => self.details.when = Some(joined),
                None => return false,
            },
        }
        true
    }

    fn is_open(&self, at: usize) -> bool {
        let is_mark = |token: &Token| matches!(token.kind, Kind::Mark(_) | Kind::Break);
        !self.taken[at] && !self.phrase.get(at).is_none_or(is_mark)
    }

    /// What is a date or a priority only at the end or the beginning of a title.
    pub(super) fn edges(&mut self) {
        while self.trailing() {}
        let Some(first) = (0..self.phrase.len()).find(|at| self.is_open(*at)) else {
            return;
        };
        let rest = self.phrase.from(first);
        let set_off = |len: usize| matches!(rest.word(len), ":" | "," | "-" | "\u{2013}");
        if let Some(found) = dates::find(rest, self.clock)
            && set_off(found.len)
            && self.set_when(found.when)
        {
            self.take(first, found.len);
        } else if self.details.priority.is_none()
            && is_adjective(rest.word(0))
            && (set_off(1) || matches!(rest.get(1).map(|t| &t.kind), Some(Kind::Mark('!'))))
        {
            self.details.priority = Some(Priority::High);
            self.take(first, 1);
        }
    }

    fn trailing(&mut self) -> bool {
        let Some(last) = (0..self.phrase.len()).rfind(|at| self.is_open(*at)) else {
            return false;
        };
        let Some(first) = (0..self.phrase.len()).find(|at| self.is_open(*at)) else {
            return false;
        };
        let word = |at: usize| self.phrase.word(at);
        if self.details.priority.is_none()
            && last > first
            && matches!(word(last), "urgent" | "important" | "urgently" | "asap")
        {
            const BEFORE: [&str; 12] = [
                "it's",
                "its",
                "it",
                "is",
                "that's",
                "very",
                "really",
                "this",
                "and",
                "as",
                "super",
                "it\u{2019}s",
            ];
            let set_off = matches!(word(last - 1), "," | "(" | "-" | "." | ";" | "!");
            if BEFORE.contains(&word(last - 1)) || set_off || word(last) != "important" {
                let mut start = last;
                while start > first + 1 && BEFORE.contains(&word(start - 1)) {
                    start -= 1;
                }
                self.details.priority = Some(Priority::High);
                self.take(start, last + 1 - start);
                return true;
            }
        }
        // The longest date that ends with the title.
        let start = last.saturating_sub(11).max(first);
        for at in start..=last {
            if self.taken[at] || self.is_compound(at) {
                continue;
            }
            if let Some(found) = dates::find(self.phrase.range(at..last + 1), self.clock)
                && at + found.len == last + 1
            {
                if self.is_name(at, found.len) || !self.set_when(found.when) {
                    return false;
                }
                self.take(at, found.len);
                return true;
            }
        }
        false
    }

    /// "Black Friday", "the last Sunday": a name, no date.
    fn is_compound(&self, at: usize) -> bool {
        at > 0
            && dates::weekday(self.phrase.word(at)).is_some()
            && matches!(
                self.phrase.word(at - 1),
                "black"
                    | "good"
                    | "last"
                    | "casual"
                    | "cyber"
                    | "easter"
                    | "palm"
                    | "ash"
                    | "a"
                    | "every"
                    | "each"
                    | "super"
                    | "the"
                    | "previous"
                    | "from"
            )
    }

    pub(super) fn finish(mut self) -> Details {
        let title = self.title();
        self.details.title = if title.chars().count() > TITLE_MAX {
            // Nothing is lost: what the title cannot hold stands in the description.
            if self.details.description.is_none() {
                self.details.description = Some(clip(&title, DESCRIPTION_MAX));
            }
            clip(&title, TITLE_MAX)
        } else {
            title
        };
        self.details
    }

    fn title(&self) -> String {
        let open: Vec<usize> = (0..self.phrase.len())
            .filter(|at| self.is_open(*at))
            .collect();
        if let [only] = open.as_slice()
            && let Some(token) = self.phrase.get(*only)
            && matches!(token.kind, Kind::Quoted(_))
        {
            return title_text(self.phrase.unquoted(token));
        }
        let mut pieces: Vec<&str> = Vec::new();
        let mut at = 0;
        while at < self.phrase.len() {
            if self.taken[at] {
                at += 1;
                continue;
            }
            let start = at;
            while at < self.phrase.len() && !self.taken[at] {
                at += 1;
            }
            let before_taken = at < self.phrase.len();
            pieces.push(tidy(self.phrase.range(start..at), start > 0, before_taken));
        }
        pieces.retain(|piece| !piece.is_empty());
        title_text(&pieces.join(" "))
    }
}

/// A piece of a title without what dangles where something was taken out.
fn tidy(piece: Phrase<'_>, after_taken: bool, before_taken: bool) -> &str {
    let (mut start, mut end) = (0, piece.len());
    while after_taken
        && start < end
        && matches!(
            piece.word(start),
            "," | ";" | "." | ")" | "]" | "-" | ":" | "\u{2013}" | "\u{2014}"
        )
    {
        start += 1;
    }
    if start > 0 || !after_taken {
        // "tomorrow, and call mom"
        while start < end && piece.word(start) == "and" {
            start += 1;
        }
    }
    while before_taken
        && start < end
        && matches!(
            piece.word(end - 1),
            "," | ";"
                | "("
                | "["
                | "-"
                | ":"
                | "\u{2013}"
                | "\u{2014}"
                | "and"
                | "maybe"
                | "probably"
                | "perhaps"
        )
    {
        end -= 1;
    }
    piece.range(start..end).source()
}
