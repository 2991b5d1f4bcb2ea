//! What becomes a task.

use super::{
    super::{
        dates::{self, Clock, When},
        language,
        pattern::{Match, Slot},
        slots::{self, Details, DueChange, PriorityChange, TagChange},
        tokens::Phrase,
    },
    Command, Talk,
};

/// New tasks; what was said only of the last is meant of all that say nothing of their own.
pub(super) fn add(
    items: Vec<Phrase<'_>>,
    found: &Match<'_>,
    clock: &Clock,
    remind: bool,
) -> Command {
    let mut tasks: Vec<Details> = items
        .into_iter()
        .map(|item| slots::details(item, clock))
        .collect();
    if let Some(when) = dates::whole(found.get(Slot::When), clock) {
        for task in &mut tasks {
            task.when = match task.when {
                None => Some(when),
                Some(said) => said.join(when).or(Some(when)),
            };
        }
    }
    if let Some(changes) = slots::changes(found.get(Slot::Changes), clock) {
        let said = Details {
            priority: changes.priority.and_then(|change| match change {
                PriorityChange::To(priority) => Some(priority),
                _ => None,
            }),
            when: changes.due.and_then(|change| match change {
                DueChange::To(when) => Some(when),
                _ => None,
            }),
            tags: match changes.tags {
                Some(TagChange::Add(tags)) => tags,
                _ => Vec::new(),
            },
            ..Details::default()
        };
        for task in &mut tasks {
            task.inherit(&said);
        }
    }
    if let Some(last) = tasks.last().cloned() {
        for task in &mut tasks {
            task.inherit(&last);
        }
    }
    if tasks.len() > 1 {
        tasks.retain(|task| !task.title.is_empty());
    }
    Command::Add { tasks, remind }
}

/// "I'm going to the gym tomorrow at 6": a task if it is said when.
pub(super) fn plan(phrase: Phrase<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let is_going = phrase.word(0) == "going" && phrase.word(1) == "to";
    if is_going && language::is_task_verb(phrase.word(2)) {
        // "I'm going to clean the garage" is read as what has to be done.
        return None;
    }
    let verb = language::imperative(phrase.word(0))?;
    let mut details = slots::details(phrase, clock);
    let rest = details.title.get(phrase.word(0).len()..)?;
    details.title = slots::title_text(&format!("{verb}{rest}"));
    let is_place = matches!(phrase.word(2), "the" | "a" | "an" | "my" | "our");
    if is_going && is_place && details.when.is_none() {
        return Some(Command::Say(Talk::NotUnderstood {
            text: clause.source().to_owned(),
            offer: Some(details),
        }));
    }
    ahead(details, clause, clock)
}

/// What is told of a day to come is a task; what is told of today may be only talk.
pub(super) fn ahead(details: Details, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    const VAGUE: [&str; 6] = ["lot", "bit", "few", "question", "problem", "headache"];
    let is_vague = VAGUE
        .iter()
        .any(|word| details.title.to_lowercase().starts_with(word));
    let when = details
        .when
        .filter(|when| *when != When::Day(clock.today()));
    if when.is_none() || is_vague || details.title.is_empty() || language::is_question(clause) {
        return None;
    }
    Some(Command::Add {
        tasks: vec![details],
        remind: false,
    })
}
