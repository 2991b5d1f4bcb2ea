//! From a matched rule to its command.

use todo_api::Priority;

use super::{
    super::{
        dates::{self, Clock, When},
        filters::{self, Evidence, Filter},
        pattern::{Match, Slot},
        references::{self, Reference},
        rules::Intent,
        sentences,
        slots::{self, Changes, DueChange, Note, PriorityChange, TagChange},
        tokens::{Kind, Phrase},
    },
    Action, Command, Talk,
    acting::{act, change, delete},
    adding::{add, ahead, plan},
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
        // "task 3 is done and so is task 4": said of a task, and no title.
        Intent::AddOne
            if matches!(clause.word(0), "task" | "todo" | "item")
                && clause
                    .get(1)
                    .is_some_and(|token| matches!(token.kind, Kind::Number(_))) =>
        {
            None
        }
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
        Intent::Move => {
            let command = update(due(DueChange::Move(when()?)))?;
            Some(from_day(command, found.get(Slot::Text), clock))
        }
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

/// "move everything from today to tomorrow": only what is due that day.
fn from_day(mut command: Command, day: Phrase<'_>, clock: &Clock) -> Command {
    if let Command::Act { targets, .. } = &mut command
        && let Some(When::Day(day)) = dates::whole(day, clock)
    {
        for target in targets {
            if let Reference::All(filter) = target {
                filter.due.get_or_insert(filters::Due::Days(day, day));
            }
        }
    }
    command
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

pub(super) fn new_title(found: &Match<'_>) -> String {
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
