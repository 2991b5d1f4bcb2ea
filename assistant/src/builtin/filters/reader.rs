//! Reads a filter from left to right.

use jiff::civil::Date;
use todo_api::{TaskSort, TaskStatus};

use super::{
    super::{
        dates::{self, Clock, When},
        slots,
        tokens::{Kind, Phrase, cardinal, ordinal},
    },
    Due, Evidence, Filter, Read,
};

/// Reads a filter; `None` if the phrase has words that no filter has.
pub(in super::super) fn parse(phrase: Phrase<'_>, clock: &Clock) -> Option<Read> {
    let mut reader = Reader {
        phrase,
        clock,
        at: 0,
        status: None,
        guess: None,
        read: Read {
            filter: Filter::default(),
            evidence: Evidence::None,
            has_noun: false,
            guessed_tag: false,
            has_status: false,
        },
    };
    while reader.at < phrase.len() {
        reader.next()?;
    }
    reader.finish()
}

struct Reader<'a> {
    phrase: Phrase<'a>,
    clock: &'a Clock,
    at: usize,
    status: Option<TaskStatus>,
    guess: Option<String>,
    read: Read,
}

impl Reader<'_> {
    fn property(&mut self, len: usize) -> Option<()> {
        self.at += len;
        self.read.evidence = Evidence::Property;
        Some(())
    }

    fn status(&mut self, status: TaskStatus, len: usize) -> Option<()> {
        self.status = Some(status);
        self.property(len)
    }

    fn next(&mut self) -> Option<()> {
        if matches!(self.phrase.get(self.at)?.kind, Kind::Mark(_) | Kind::Break) {
            self.at += 1;
            return Some(());
        }
        let phrase = self.phrase.from(self.at);
        self.noun(phrase)
            .or_else(|| self.state(phrase))
            .or_else(|| self.order(phrase))
            .or_else(|| self.label(phrase))
            .or_else(|| self.search(phrase))
            .or_else(|| self.due(phrase))
            .or_else(|| self.filler(phrase))
            .or_else(|| self.guess(phrase))
    }

    fn noun(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let len = match (phrase.word(0), phrase.word(1)) {
            ("to", "do") if matches!(phrase.word(2), "list" | "lists" | "items" | "tasks") => 3,
            ("to", "dos" | "do's") => 2,
            (word, _) if is_noun(word) => 1,
            _ => return None,
        };
        self.at += len;
        self.read.has_noun = true;
        self.read.evidence = self.read.evidence.max(Evidence::Noun);
        Some(())
    }

    fn state(&mut self, phrase: Phrase<'_>) -> Option<()> {
        use TaskStatus::{All, Completed, Pending};
        let word = |at| phrase.word(at);
        let is_done = |word: &str| {
            matches!(
                word,
                "completed"
                    | "complete"
                    | "done"
                    | "finished"
                    | "closed"
                    | "accomplished"
                    | "resolved"
                    | "ticked"
                    | "checked"
                    | "crossed"
            )
        };
        match word(0) {
            "not" | "aren't" | "isn't" | "haven't" | "arent" | "isnt" => {
                let ahead = (1..4).find(|at| is_done(word(*at)))?;
                self.status(Pending, ahead + 1)
            }
            "pending" | "open" | "unfinished" | "incomplete" | "outstanding" | "remaining"
            | "left" | "undone" | "active" | "uncompleted" | "unchecked" | "current" => {
                self.status(Pending, 1)
            }
            "to" if word(1) == "do" => self.status(Pending, 2),
            "to" if word(1) == "be" && is_done(word(2)) => self.status(Pending, 3),
            "still" => {
                self.status.get_or_insert(Pending);
                self.at += 1;
                Some(())
            }
            first if is_done(first) => {
                let off = usize::from(matches!(word(1), "off"));
                self.status(Completed, 1 + off)
            }
            "all" | "everything" | "every" | "entire" | "whole" | "full" => {
                self.status.get_or_insert(All);
                self.at += 1;
                if phrase.word(0) == "everything" {
                    self.read.evidence = self.read.evidence.max(Evidence::Noun);
                }
                Some(())
            }
            _ => None,
        }
    }

    fn order(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let word = |at| phrase.word(at);
        let (by, at) = match (word(0), word(1)) {
            ("sorted" | "ordered" | "sort" | "order" | "arranged", "by") => (true, 2),
            ("by", _) => (true, 1),
            _ => (false, 0),
        };
        let (sort, len) = match (word(at), word(at + 1)) {
            ("due", "date" | "dates") | ("due-date", _) if by => (TaskSort::DueDate, 2),
            ("deadline" | "date" | "due", _) if by => (TaskSort::DueDate, 1),
            ("priority" | "importance" | "urgency", _) if by => (TaskSort::Priority, 1),
            ("title" | "name", _) if by => (TaskSort::Title, 1),
            ("alphabetically" | "alphabetical", _) => (TaskSort::Title, 1),
            ("newest" | "latest", "first") => (TaskSort::Created, 2),
            _ => return self.limit(phrase),
        };
        self.read.filter.sort = sort;
        self.property(at + len)
    }

    /// "the last 3", "top five"
    fn limit(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let count = |at: usize| {
            let count = phrase.get(at).and_then(cardinal)?;
            usize::try_from(count)
                .ok()
                .filter(|n| (1..=1_000).contains(n))
        };
        let (limit, len) = match phrase.word(0) {
            "last" | "latest" | "newest" | "recent" | "first" | "next" => (count(1)?, 2),
            "top" => (count(1)?, 2),
            _ => return None,
        };
        if phrase.word(0) == "top" {
            self.read.filter.sort = TaskSort::Priority;
        } else if phrase.word(0) == "next" {
            self.read.filter.sort = TaskSort::DueDate;
        }
        self.read.filter.limit = Some(limit);
        self.property(len)
    }

    fn label(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let word = |at| phrase.word(at);
        if let Kind::Tag(name) = &phrase.get(0)?.kind {
            self.read.filter.tag = Some(name.clone());
            return self.property(1);
        }
        let noun = match word(0) {
            "tagged" | "labelled" | "labeled" => 1 + usize::from(matches!(word(1), "as" | "with")),
            "with" | "having" | "under" => {
                let at = 1 + usize::from(matches!(word(1), "the" | "a"));
                match word(at) {
                    "tag" | "label" | "tags" => at + 1,
                    _ => 0,
                }
            }
            "tag" | "label" => 1,
            _ => 0,
        };
        if noun > 0
            && let Some(token) = phrase.get(noun)
        {
            let name = match &token.kind {
                Kind::Tag(name) => name.clone(),
                Kind::Word => token.word.clone(),
                Kind::Quoted(_) => phrase.unquoted(token).to_owned(),
                _ => return None,
            };
            self.read.filter.tag = Some(name);
            return self.property(noun + 1);
        }
        let (level, len) = slots::leading_priority(phrase)?;
        self.read.filter.priority = Some(level);
        self.property(len)
    }

    fn search(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let word = |at| phrase.word(at);
        let start = match (word(0), word(1)) {
            (
                "about" | "containing" | "matching" | "mentioning" | "regarding" | "named"
                | "called" | "involving",
                _,
            ) => 1,
            ("related" | "relating", "to") | ("to", "do") => 2,
            ("with", "the") if matches!(word(2), "word" | "text" | "words") => 3,
            ("that", "contain" | "mention" | "include") | ("which", "contain" | "mention") => 2,
            _ if matches!(phrase.get(0)?.kind, Kind::Quoted(_)) => 0,
            _ => return None,
        };
        let text = phrase.from(start).trimmed();
        let text = match text.tokens() {
            [] => return None,
            [only] => text.unquoted(only),
            _ if matches!(word(start), "the" | "my") => text.from(1).source(),
            _ => text.source(),
        };
        self.read.filter.search = Some(slots::clip(text, todo_api::SEARCH_MAX));
        self.property(phrase.len())
    }

    fn due(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let word = |at| phrase.word(at);
        let clock = self.clock;
        let (due, len) = match (word(0), word(1), word(2)) {
            ("overdue" | "late" | "missed" | "behind", _, _) => (Due::Overdue, 1),
            ("past", "due", _) => (Due::Overdue, 2),
            ("past", "their", "deadline") => (Due::Overdue, 3),
            ("without" | "no", "a" | "due" | "any", _) | ("without" | "no", "deadline", _) => {
                let end = (1..5).find(|at| matches!(word(*at), "date" | "dates" | "deadline"))?;
                (Due::Never, end + 1)
            }
            ("undated", _, _) => (Due::Never, 1),
            ("with", "a" | "due", _) => {
                let end = (1..4).find(|at| matches!(word(*at), "date" | "dates" | "deadline"))?;
                (Due::Ever, end + 1)
            }
            ("upcoming", _, _) | ("coming", "up", _) => {
                let len = if word(0) == "coming" { 2 } else { 1 };
                self.read.filter.sort = TaskSort::DueDate;
                (Due::Days(clock.today(), Date::MAX), len)
            }
            ("today's", _, _) => (Due::Days(clock.today(), clock.today()), 1),
            ("tomorrow's", _, _) => (Due::Days(clock.day(1), clock.day(1)), 1),
            ("this", "week" | "week's", _) => {
                let (from, to) = clock.week();
                (Due::Days(from, to), 2)
            }
            ("due" | "for" | "on" | "over" | "during", "this", "week") => {
                let (from, to) = clock.week();
                (Due::Days(from, to), 3)
            }
            ("due", "the", "week") => {
                let (from, to) = clock.week();
                (Due::Days(from, to), 3)
            }
            ("due", "after", _) | ("after", _, _) => {
                let start = if word(0) == "due" { 2 } else { 1 };
                let (due, len) = self.dated(phrase.from(start))?;
                let Due::Days(_, last) = due else {
                    return None;
                };
                (Due::Days(last.tomorrow().ok()?, Date::MAX), start + len)
            }
            _ => self.dated(phrase)?,
        };
        self.read.filter.due = Some(due);
        self.property(len)
    }

    /// "due tomorrow", "next week", "this month", "by friday".
    fn dated(&self, phrase: Phrase<'_>) -> Option<(Due, usize)> {
        // "the first 3 tasks" is no day of the month.
        if phrase.word(0) == "the" && phrase.get(1).is_some_and(|t| ordinal(t).is_some()) {
            return None;
        }
        let found = dates::find(phrase, self.clock)?;
        let day = match found.when {
            When::Day(day) => day,
            When::At(local) => local.date(),
            When::Moment(moment) => self.clock.zone().to_datetime(moment).date(),
            When::Time(_) => return None,
        };
        let said = |name: &str| (0..found.len).any(|at| phrase.word(at) == name);
        let today = self.clock.today();
        let last = |days: i64| day.checked_add(jiff::Span::new().try_days(days).ok()?).ok();
        let due = if said("by") || said("before") || said("until") || said("within") {
            let end = if said("before") { last(-1)? } else { day };
            Due::Days(today.min(end), end)
        } else if said("weekend") {
            Due::Days(day, last(1)?)
        } else if said("week") && said("next") && found.len <= 4 && !said("friday") {
            Due::Days(day, last(6)?)
        } else if said("month") {
            Due::Days(day.first_of_month(), day.last_of_month())
        } else if said("year") {
            Due::Days(day.first_of_year(), day.last_of_year())
        } else {
            Due::Days(day, day)
        };
        Some((due, found.len))
    }

    fn filler(&mut self, phrase: Phrase<'_>) -> Option<()> {
        const FILLERS: [&str; 62] = [
            "my",
            "the",
            "me",
            "of",
            "any",
            "anything",
            "only",
            "just",
            "i",
            "i've",
            "have",
            "has",
            "are",
            "is",
            "was",
            "were",
            "there",
            "on",
            "in",
            "with",
            "that",
            "which",
            "for",
            "a",
            "so",
            "far",
            "yet",
            "currently",
            "now",
            "right",
            "do",
            "what",
            "what's",
            "due",
            "date",
            "got",
            "need",
            "needs",
            "to",
            "be",
            "at",
            "moment",
            "you",
            "and",
            "or",
            "be",
            "been",
            "already",
            "today?",
            "am",
            "we",
            "our",
            "us",
            "ones",
            "marked",
            "as",
            "please",
            "some",
            "plate",
            "else",
            "see",
            "it",
        ];
        FILLERS.contains(&phrase.word(0)).then(|| self.at += 1)
    }

    /// "my work tasks": an unknown word before the noun is a tag.
    fn guess(&mut self, phrase: Phrase<'_>) -> Option<()> {
        let token = phrase.get(0)?;
        let before_noun = is_noun(phrase.word(1)) || phrase.word(1) == "to-do";
        let commands = matches!(
            token.word.as_str(),
            "add" | "create" | "new" | "delete" | "remove" | "mark" | "make" | "next" | "another"
        );
        if token.kind != Kind::Word || !before_noun || commands || self.guess.is_some() {
            return None;
        }
        self.guess = Some(token.word.clone());
        self.at += 1;
        Some(())
    }

    fn finish(mut self) -> Option<Read> {
        if let Some(guess) = self.guess
            && self.read.filter.tag.is_none()
        {
            self.read.filter.tag = Some(guess);
            self.read.guessed_tag = true;
        }
        self.read.has_status = self.status.is_some();
        // A date is asked about what is still to do.
        let dated = matches!(
            self.read.filter.due,
            Some(Due::Overdue | Due::Days(..) | Due::Never)
        );
        self.read.filter.status = match self.status {
            Some(TaskStatus::All) | None if dated => TaskStatus::Pending,
            Some(status) => status,
            None => TaskStatus::All,
        };
        Some(self.read)
    }
}

fn is_noun(word: &str) -> bool {
    matches!(
        word,
        "task"
            | "tasks"
            | "todo"
            | "todos"
            | "to-do"
            | "to-dos"
            | "item"
            | "items"
            | "list"
            | "lists"
            | "things"
            | "thing"
            | "stuff"
            | "reminders"
            | "entries"
            | "todolist"
            | "agenda"
            | "schedule"
            | "chores"
            | "taks"
            | "ones"
            | "work?"
    )
}
