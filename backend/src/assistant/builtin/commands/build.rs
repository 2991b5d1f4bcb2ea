//! From a matched rule to its command.

use todo_api::Priority;

use super::{
    super::{
        dates::{self, Clock, When},
        filters::{self, Evidence, Filter},
        language,
        pattern::{Match, Slot},
        references::{self, Reference, References},
        rules::Intent,
        sentences,
        slots::{self, Changes, Details, DueChange, Note, PriorityChange, TagChange},
        tokens::{Kind, Phrase},
    },
    Action, Command, Otherwise, Talk,
};

/// Makes the command of a matched rule; `None` if the rule does not fit after all.
pub(super) fn build(
    intent: Intent,
    found: &Match<'_>,
    clause: Phrase<'_>,
    clock: &Clock,
) -> Option<Command> {
    let say = |talk| Some(Command::Say(talk));
    let due = |change| Changes {
        due: Some(change),
        ..Changes::default()
    };
    let priority = |change| Changes {
        priority: Some(change),
        ..Changes::default()
    };
    let tags = |change| Changes {
        tags: Some(change),
        ..Changes::default()
    };
    let update = |changes| act(Action::Update(changes), found, clause, clock);
    let when = || dates::whole(found.get(Slot::When), clock);
    let span = || dates::length(found.get(Slot::Span)).map(|(span, _)| span);
    let tag_slot = if found.has(Slot::Hashtags) {
        Slot::Hashtags
    } else {
        Slot::Tags
    };
    let tag_names = || slots::tag_list(found.get(tag_slot));
    match intent {
        Intent::Greet => say(Talk::Greeting),
        Intent::Thank => say(Talk::Thanks),
        Intent::Help => say(Talk::Help),
        Intent::OtherLanguage => say(Talk::OtherLanguage),
        Intent::Alarm => say(Talk::NoReminder),
        Intent::Cancel => say(Talk::Cancel),
        Intent::Agree => say(Talk::Agree),
        Intent::Undo => say(Talk::Undo),
        Intent::AddOne => Some(add(vec![found.get(Slot::Title)], found, clock, false)),
        Intent::Plan => plan(found.get(Slot::Title), clause, clock),
        Intent::Appointment => ahead(slots::details(found.get(Slot::Title), clock), clause, clock),
        Intent::AddMany => {
            let title = if found.has(Slot::Errand) {
                Slot::Errand
            } else {
                Slot::Title
            };
            let items = sentences::items(found.get(title), clock);
            Some(add(items, found, clock, false))
        }
        Intent::Remind => {
            let items = sentences::items(found.get(Slot::Title), clock);
            Some(add(items, found, clock, true))
        }
        Intent::RemindOf => {
            let command = update(due(DueChange::To(when()?)));
            command.map(|command| match command {
                Command::Act {
                    action,
                    targets,
                    otherwise,
                    ..
                } => Command::Act {
                    action,
                    targets,
                    otherwise,
                    remind: true,
                },
                other => other,
            })
        }
        Intent::Complete => act(Action::Complete, found, clause, clock),
        Intent::Reopen => act(Action::Reopen, found, clause, clock),
        Intent::Delete => delete(found, clause, clock),
        Intent::Rename => update(Changes {
            title: Some(new_title(found)),
            ..Changes::default()
        }),
        Intent::Change => change(found, clause, clock),
        Intent::Due => {
            let when = when()?;
            // "change the due time to 5" leaves the day as it is.
            let change = if matches!(when, When::Time(_)) {
                DueChange::Move(when)
            } else {
                DueChange::To(when)
            };
            update(due(change))
        }
        Intent::Move => update(due(DueChange::Move(when()?))),
        Intent::Later => update(due(DueChange::Later(span()?.fieldwise()))),
        Intent::Earlier => update(due(DueChange::Earlier(span()?.fieldwise()))),
        Intent::ClearDue => update(due(DueChange::Clear)),
        Intent::Raise => update(priority(PriorityChange::Raise)),
        Intent::Lower => update(priority(PriorityChange::Lower)),
        Intent::ClearPriority => update(priority(PriorityChange::To(Priority::None))),
        Intent::AddTags => update(tags(TagChange::Add(tag_names()?))),
        Intent::RemoveTags => update(tags(TagChange::Remove(tag_names()?))),
        Intent::SwapTags => update(tags(TagChange::Swap {
            gone: tag_names()?,
            new: slots::tag_list(found.get(Slot::NewTags))?,
        })),
        Intent::ClearTags => update(tags(TagChange::Clear)),
        Intent::AddNote => update(note(Note::Append(text(found)))),
        Intent::SetNote => update(note(Note::Set(text(found)))),
        Intent::ClearNote => update(note(Note::Clear)),
        // A title that is still to be said.
        Intent::Edit if matches!(clause.word(0), "rename" | "retitle") => update(Changes {
            title: Some(String::new()),
            ..Changes::default()
        }),
        Intent::Edit => update(Changes::default()),
        Intent::List | Intent::Count => list(intent, found, clock),
        Intent::ListToDo => {
            let mut filter = filters::parse(found.get(Slot::Filter), clock)
                .map(|read| read.filter)
                .unwrap_or_default();
            filter.status = todo_api::TaskStatus::Pending;
            if clause.tokens().iter().any(|t| t.word == "week") && filter.due.is_none() {
                let (from, to) = clock.week();
                filter.due = Some(filters::Due::Days(from, to));
            }
            Some(Command::List(filter))
        }
        Intent::ListDone => Some(Command::List(Filter {
            status: todo_api::TaskStatus::Completed,
            ..Filter::default()
        })),
        Intent::Find => find(found),
        Intent::Show => Some(Command::Show(references::parse(found.task(), clock)?.all)),
    }
}

fn text(found: &Match<'_>) -> String {
    let phrase = found.get(Slot::Text);
    let text = match phrase.tokens() {
        [only] => phrase.unquoted(only),
        _ => phrase.source(),
    };
    slots::clip(text.trim(), todo_api::DESCRIPTION_MAX)
}

fn note(note: Note) -> Changes {
    Changes {
        note: Some(note),
        ..Changes::default()
    }
}

fn new_title(found: &Match<'_>) -> String {
    let phrase = if found.has(Slot::Quoted) {
        found.get(Slot::Quoted)
    } else {
        found.get(Slot::Text)
    };
    let text = match phrase.tokens() {
        [only] => phrase.unquoted(only),
        _ => phrase.source(),
    };
    slots::clip(&slots::title_text(text), todo_api::TITLE_MAX)
}

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
fn plan(phrase: Phrase<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
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
fn ahead(details: Details, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
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

/// These verbs also begin tasks: "make dinner", "finish the report by friday".
const BOTH: [&str; 30] = [
    "make", "put", "give", "set", "turn", "fix", "update", "check", "call", "clean", "wipe",
    "empty", "take", "bring", "adjust", "correct", "replace", "plan", "schedule", "get", "trash",
    "tidy", "dump", "edit", "review", "open", "throw", "label", "print", "read",
];
/// These as well, but a command that found no task is likelier: the user is asked.
const MAYBE: [&str; 22] = [
    "finish",
    "complete",
    "close",
    "cancel",
    "drop",
    "resolve",
    "forget",
    "wrap",
    "book",
    "finalize",
    "revise",
    "strike",
    "move",
    "push",
    "change",
    "clear",
    "kill",
    "pull",
    "reschedule",
    "postpone",
    "shift",
    "delay",
];

fn act(action: Action, found: &Match<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let phrase = found.task();
    let read = if phrase.is_empty() {
        // "set the priority to high" is said of the task that was spoken of last; to delete
        // or to complete one, it has to be named.
        let is_change = matches!(&action, Action::Update(changes) if !changes.is_empty());
        References {
            all: is_change.then_some(Reference::It).into_iter().collect(),
            definite: true,
        }
    } else {
        references::parse(phrase, clock)?
    };
    Some(Command::Act {
        action,
        otherwise: otherwise(&read, found, clause, clock),
        targets: read.all,
        remind: false,
    })
}

fn otherwise(
    read: &References,
    found: &Match<'_>,
    clause: Phrase<'_>,
    clock: &Clock,
) -> Option<Otherwise> {
    let verb = clause.word(0);
    let is_told = [Slot::Past, Slot::Deed, Slot::Passive];
    if is_told.into_iter().any(|slot| found.has(slot)) {
        return Some(Otherwise::Nothing);
    }
    if read.definite || !matches!(read.all.as_slice(), [Reference::Words(_)]) {
        return None;
    }
    let details = slots::details(clause, clock);
    // What is done by a date is to be done, not done.
    let is_plan = matches!(verb, "finish" | "complete" | "book" | "revise" | "finalize")
        && details.when.is_some();
    // So is "have the homework done", if there is no such task.
    let ends_done = clause.word(clause.len().saturating_sub(1)) == "done";
    if BOTH.contains(&verb) || is_plan || (ends_done && language::is_task_verb(verb)) {
        Some(Otherwise::Add(details))
    } else if MAYBE.contains(&verb) {
        Some(Otherwise::Offer(slots::plain_details(clause)))
    } else {
        None
    }
}

fn delete(found: &Match<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    if found.has(Slot::Quoted) {
        let text = new_title(found);
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::Words(text)],
            otherwise: None,
            remind: false,
        });
    }
    let has = |slot| found.has(slot);
    let said = |words: &[&str]| {
        clause
            .tokens()
            .iter()
            .any(|t| words.contains(&t.word.as_str()))
    };
    if !has(Slot::Task) && !has(Slot::Definite) && said(&["list", "lists", "todolist"]) {
        // "clear my list"
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::All(Filter::default())],
            otherwise: None,
            remind: false,
        });
    }
    const DONE: [&str; 7] = [
        "completed",
        "complete",
        "done",
        "finished",
        "closed",
        "ticked",
        "checked",
    ];
    if !has(Slot::Task) && !has(Slot::Definite) && said(&DONE) {
        return Some(Command::Act {
            action: Action::Delete,
            targets: vec![Reference::All(Filter {
                status: todo_api::TaskStatus::Completed,
                ..Filter::default()
            })],
            otherwise: None,
            remind: false,
        });
    }
    act(Action::Delete, found, clause, clock)
}

/// "change X to Y": a date, a priority, tags, or else a new title.
fn change(found: &Match<'_>, clause: Phrase<'_>, clock: &Clock) -> Option<Command> {
    let changes = if found.has(Slot::Changes) {
        slots::changes(found.get(Slot::Changes), clock)?.moving()
    } else if found.has(Slot::Text) || found.has(Slot::Quoted) {
        Changes {
            title: Some(new_title(found)),
            ..Changes::default()
        }
    } else {
        let level = if clause.word(0).starts_with("de") {
            Priority::Low
        } else {
            Priority::High
        };
        Changes {
            priority: Some(PriorityChange::To(level)),
            ..Changes::default()
        }
    };
    act(Action::Update(changes), found, clause, clock)
}

fn list(intent: Intent, found: &Match<'_>, clock: &Clock) -> Option<Command> {
    let phrase = found.get(Slot::Filter);
    if intent == Intent::Count {
        let mut filter = filters::parse(phrase, clock).map_or_else(
            || Some(Filter::pending()),
            |read| (read.evidence > Evidence::None).then_some(read.filter),
        )?;
        if phrase.is_empty() {
            filter = Filter::pending();
        }
        return Some(Command::Count(filter));
    }
    let read = filters::parse(phrase, clock)?;
    // "my list" alone is a list; so is "overdue"; "the thing" is not.
    (read.evidence > Evidence::None || read.has_status).then_some(Command::List(read.filter))
}

fn find(found: &Match<'_>) -> Option<Command> {
    let phrase = found.get(Slot::Text);
    let start = usize::from(matches!(phrase.word(0), "the" | "my" | "a" | "an"));
    let phrase = phrase.from(start);
    let last = phrase.len().saturating_sub(1);
    let phrase = if last > 0 && matches!(phrase.word(last), "task" | "tasks" | "todo" | "todos") {
        phrase.range(0..last)
    } else {
        phrase
    };
    let (search, tag) = match phrase.tokens() {
        [] => return None,
        [only] => match &only.kind {
            Kind::Tag(name) => (None, Some(name.clone())),
            _ => (Some(phrase.unquoted(only)), None),
        },
        _ => (Some(phrase.source()), None),
    };
    Some(Command::List(Filter {
        search: search.map(|text| slots::clip(text.trim(), todo_api::SEARCH_MAX)),
        tag,
        ..Filter::default()
    }))
}
