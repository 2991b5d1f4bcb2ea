//! Tags and priorities as people write them.

use todo_api::{Priority, TAG_MAX, TAGS_MAX};

use super::super::tokens::{Kind, Phrase};

/// A list of tags, with or without their sign: "home and work", "#a, #b".
pub(in super::super) fn tag_list(phrase: Phrase<'_>) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for token in phrase.tokens() {
        match &token.kind {
            Kind::Tag(name) => found.push(name.clone()),
            Kind::Mark(',') => {}
            Kind::Quoted(_) => found.push(phrase.unquoted(token).trim().to_owned()),
            Kind::Word if matches!(token.word.as_str(), "and" | "tag" | "tags" | "the" | "as") => {}
            Kind::Word => found.push(token.word.clone()),
            _ => return None,
        }
    }
    found.retain(|tag| !tag.is_empty() && tag.chars().count() <= TAG_MAX);
    (!found.is_empty() && found.len() <= 5).then_some(found)
}

/// `#home`, "tagged home and garden", "with the tag home".
pub(super) fn tags(phrase: Phrase<'_>, found: &mut Vec<String>) -> Option<usize> {
    let first = phrase.get(0)?;
    if let Kind::Tag(name) = &first.kind {
        // "#3" is a task.
        if name.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        add_tag(found, name);
        return Some(1);
    }
    let word = |at| phrase.word(at);
    let mut at = match word(0) {
        "tagged" | "labelled" | "labeled" => 1 + usize::from(matches!(word(1), "as" | "with")),
        "with" | "and" | "under" => {
            let noun = 1 + usize::from(matches!(word(1), "the" | "a"));
            match word(noun) {
                "tag" | "tags" | "label" | "labels" => noun + 1,
                _ => return None,
            }
        }
        "tag" | "tags" | "label" | "labels" if word(1) == ":" => 1,
        _ => return None,
    };
    if word(at) == ":" {
        at += 1;
    }
    let start = at;
    while let Some(token) = phrase.get(at) {
        match &token.kind {
            Kind::Tag(name) => add_tag(found, name),
            Kind::Quoted(_) => add_tag(found, phrase.unquoted(token)),
            Kind::Word => add_tag(found, &token.word),
            _ => break,
        }
        at += 1;
        let more = match word(at) {
            "and" | "&" => 1,
            "," if word(at + 1) == "and" => 2,
            "," => 1,
            _ => break,
        };
        if !matches!(phrase.get(at + more)?.kind, Kind::Word | Kind::Tag(_)) {
            break;
        }
        at += more;
    }
    (at > start).then_some(at)
}

fn add_tag(found: &mut Vec<String>, name: &str) {
    let name = name.trim();
    let fits = !name.is_empty() && name.chars().count() <= TAG_MAX && found.len() < TAGS_MAX;
    if fits && !found.iter().any(|known| known == name) {
        found.push(name.to_owned());
    }
}

/// `!high`, "with high priority", "priority: low", "p1".
pub(super) fn priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    let first = phrase.get(0)?;
    if let Kind::Priority(priority) = first.kind {
        return Some((priority, 1));
    }
    if first.kind == Kind::Word
        && let Some(priority) = priority_code(&first.word)
    {
        return Some((priority, 1));
    }
    let word = |at| phrase.word(at);
    if is_priority_noun(word(0)) {
        let at = 1 + usize::from(matches!(word(1), ":" | "is" | "to" | "of" | "=" | "level"));
        let level = level(word(at)).or_else(|| number_level(word(at)))?;
        return Some((level, at + 1));
    }
    let mut at = 0;
    if matches!(word(at), "with" | "as" | "at" | "of" | "in") {
        at += 1;
        if matches!(word(at), "a" | "an" | "the") {
            at += 1;
        }
    }
    if matches!(word(at), "very" | "really" | "super") {
        at += 1;
    }
    if let Some(level) = compound_level(word(at)) {
        return Some((level, at + 1));
    }
    let level = level(word(at))?;
    if is_priority_noun(word(at + 1)) {
        return Some((level, at + 2));
    }
    // "as urgent"
    (at > 0 && word(0) == "as" && is_adjective(word(at))).then_some((level, at + 1))
}

fn is_priority_noun(word: &str) -> bool {
    matches!(
        word,
        "priority" | "prio" | "priorities" | "importance" | "urgency"
    )
}

pub(super) fn is_adjective(word: &str) -> bool {
    matches!(word, "urgent" | "important" | "critical")
}

fn priority_code(word: &str) -> Option<Priority> {
    Some(match word {
        "p1" => Priority::High,
        "p2" => Priority::Medium,
        "p3" => Priority::Low,
        "p4" => Priority::None,
        _ => return None,
    })
}

fn level(word: &str) -> Option<Priority> {
    Some(match word {
        "high" | "top" | "highest" | "higher" | "urgent" | "important" | "critical" | "max" => {
            Priority::High
        }
        "medium" | "mid" | "normal" | "moderate" | "med" => Priority::Medium,
        "low" | "lowest" | "lower" | "minor" => Priority::Low,
        "no" | "none" | "zero" => Priority::None,
        _ => return None,
    })
}

fn number_level(word: &str) -> Option<Priority> {
    Some(match word {
        "1" => Priority::High,
        "2" => Priority::Medium,
        "3" => Priority::Low,
        _ => return None,
    })
}

/// "high-priority"
fn compound_level(word: &str) -> Option<Priority> {
    let (name, noun) = word.split_once('-')?;
    is_priority_noun(noun).then(|| level(name))?
}

/// A level without its noun, where nothing else can be meant: "make it urgent", "set it to low".
pub(super) fn bare_priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    let word = |at| phrase.word(at);
    match word(0) {
        "not" | "less" if is_adjective(word(1)) => Some((Priority::Low, 2)),
        "more" if is_adjective(word(1)) => Some((Priority::High, 2)),
        "very" | "really" | "super" => level(word(1)).map(|level| (level, 2)),
        "asap" => Some((Priority::High, 1)),
        "no" => None,
        first => level(first).map(|level| (level, 1)),
    }
}

/// A level that a phrase of a filter begins with: "high priority", "urgent", "important".
pub(in super::super) fn leading_priority(phrase: Phrase<'_>) -> Option<(Priority, usize)> {
    if let Some(found) = priority(phrase) {
        return Some(found);
    }
    let word = phrase.word(0);
    (is_adjective(word) || (matches!(word, "high" | "medium" | "low") && phrase.len() > 1))
        .then(|| bare_priority(phrase))?
}
