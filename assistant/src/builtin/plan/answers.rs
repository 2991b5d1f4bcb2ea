//! A message that answers a question of the turn before: "which one?", "what should I add?".

use todo_api::TaskStatus;

use super::{
    super::{
        commands::{Action, Command, Otherwise, Talk, explicit, parse},
        language,
        references::{self, Found, Position, Reference, References, Task},
        replies::Part,
        rules::CORRECTIONS,
        sentences,
        slots::{self, Changes, Details},
        tokens::{Phrase, tokenize},
    },
    Context, Made,
};

/// How many questions in a row are looked back at.
const DEPTH: usize = 4;
/// Longest "and …" that is taken for another task, in tokens.
const MORE_MAX: usize = 6;

/// What was asked.
enum Question {
    /// Which of these.
    Which(Action, Vec<Task>),
    /// Which task at all.
    WhichOne(Action),
    /// What to change of these.
    WhatToChange(Changes, Vec<Reference>),
    WhatToAdd {
        remind: bool,
    },
    /// Whether this is a task.
    Offer(Details),
}

impl Context<'_> {
    /// The commands of a message; an answer to a question is the command that was asked about.
    pub(super) fn commands(&self, text: &str) -> Vec<Command> {
        self.commands_after(text, DEPTH)
    }

    fn commands_after(&self, text: &str, depth: usize) -> Vec<Command> {
        let commands = parse(text, &self.clock);
        match self.answer(text, &commands, depth) {
            Some(answer) => vec![answer],
            None => match self.more_of_last(text, &commands) {
                Some(change) => vec![change],
                None => commands,
            },
        }
    }

    /// More of what the turn before did: "due tomorrow" and nothing else changes the tasks that it
    /// added or changed, "and eggs" adds another.
    fn more_of_last(&self, text: &str, commands: &[Command]) -> Option<Command> {
        let is_open = |command: &Command| {
            matches!(
                command,
                Command::List(_) | Command::Say(Talk::NotUnderstood { .. })
            )
        };
        let tokens = tokenize(text);
        let whole = Phrase::new(text, &tokens).trimmed();
        if !commands.iter().all(is_open) || language::is_question(whole) {
            return None;
        }
        let plain = sentences::without_politeness(whole);
        let corrected = CORRECTIONS
            .as_ref()?
            .starts(plain)
            .map_or(plain, |len| sentences::without_politeness(plain.from(len)));
        let (before, _) = Self::of_last_turn(self.history, self.clock.clone())?;
        let written = |tools: &[&str]| -> Vec<Reference> {
            let of_these = |made: &&Made| tools.contains(&made.call.tool.as_str());
            let ids = before.made.iter().filter(of_these);
            let mut ids: Vec<i64> = ids.filter_map(Made::task_id).collect();
            ids.dedup();
            ids.into_iter().map(Reference::Number).collect()
        };
        let changes = [whole, plain, corrected]
            .into_iter()
            .find_map(|phrase| slots::changes(phrase, &self.clock));
        if let Some(changes) = changes {
            let targets = written(&["add_task", "update_task"]);
            return act(Action::Update(changes.moving()), targets);
        }
        let goes_on = matches!(whole.word(0), "and" | "also" | "plus") && plain.len() <= MORE_MAX;
        let task = slots::details(plain, &self.clock);
        (goes_on && !task.title.is_empty() && !written(&["add_task"]).is_empty()).then(|| {
            Command::Add {
                tasks: vec![task],
                remind: false,
            }
        })
    }

    fn answer(&self, text: &str, commands: &[Command], depth: usize) -> Option<Command> {
        let tokens = tokenize(text);
        let phrase = Phrase::new(text, &tokens).trimmed();
        let read = references::parse(phrase, &self.clock);
        let points = matches!(
            read.as_ref().map(|read| read.all.as_slice()),
            Some([Reference::Number(_) | Reference::Position(_) | Reference::Them])
        );
        let may_answer = commands.iter().all(|command| {
            matches!(
                command,
                Command::Say(Talk::NotUnderstood { .. } | Talk::Agree)
                    | Command::Show(_)
                    | Command::List(_)
            ) || matches!(command, Command::Add { tasks, .. } if tasks.len() == 1)
        });
        if depth == 0 || !(may_answer || points) {
            return None;
        }
        let (before, asked) = Self::of_last_turn(self.history, self.clock.clone())?;
        let questioned = before.commands_after(asked, depth - 1);
        let question = (0..questioned.len()).find_map(|at| before.question(at, &questioned))?;
        let agrees = matches!(commands, [Command::Say(Talk::Agree)]);
        match question {
            Question::Which(action, candidates) => {
                let ids = if agrees && candidates.len() == 1 {
                    vec![candidates[0].id]
                } else {
                    chosen(&read?, &candidates)
                };
                act(action, ids.into_iter().map(Reference::Number).collect())
            }
            Question::WhichOne(action) if !agrees => {
                let says_more = matches!(commands, [Command::Add { .. } | Command::List(_)])
                    && explicit(phrase, &self.clock).is_some();
                if says_more {
                    return None;
                }
                act(action, read?.all)
            }
            Question::WhatToChange(changes, targets) if !agrees => {
                if changes.title.is_none()
                    && let Some(changes) = slots::changes(phrase, &self.clock)
                {
                    return act(Action::Update(changes.moving()), targets);
                }
                let quoted = phrase.len() == 1 && phrase.unquoted(&tokens[0]) != phrase.source();
                let is_title =
                    quoted || (changes.title.is_some() && explicit(phrase, &self.clock).is_none());
                let title = match phrase.get(0) {
                    Some(token) if quoted => slots::title_text(phrase.unquoted(token)),
                    _ => slots::plain_details(phrase).title,
                };
                let changes = Changes {
                    title: Some(slots::clip(&title, todo_api::TITLE_MAX)),
                    ..Changes::default()
                };
                (is_title && !title.is_empty())
                    .then(|| act(Action::Update(changes), targets))
                    .flatten()
            }
            Question::WhatToAdd { remind } => match commands {
                [Command::Say(Talk::NotUnderstood { offer, .. })] => Some(Command::Add {
                    tasks: vec![offer.clone()?],
                    remind,
                }),
                _ => None,
            },
            Question::Offer(details) if agrees => Some(Command::Add {
                tasks: vec![details],
                remind: false,
            }),
            _ => None,
        }
    }

    /// What was asked about a command, if anything was.
    fn question(&self, at: usize, commands: &[Command]) -> Option<Question> {
        let parts = self.report(at, commands);
        let command = &commands[at];
        parts.into_iter().find_map(|part| match (part, command) {
            (Part::AsksWhich(tasks), Command::Act { action, .. }) => {
                Some(Question::Which(action.clone(), tasks))
            }
            (Part::AsksWhichOne, Command::Act { action, .. }) => {
                Some(Question::WhichOne(action.clone()))
            }
            (
                Part::AsksWhatToChange,
                Command::Act {
                    action: Action::Update(changes),
                    targets,
                    ..
                },
            ) => Some(Question::WhatToChange(changes.clone(), targets.clone())),
            (Part::AsksWhatToAdd, Command::Add { remind, .. }) => {
                Some(Question::WhatToAdd { remind: *remind })
            }
            (
                Part::Offer(_),
                Command::Act {
                    otherwise: Some(Otherwise::Offer(details)),
                    ..
                },
            ) => Some(Question::Offer(details.clone())),
            (
                Part::Talk(
                    Talk::NotUnderstood {
                        offer: Some(details),
                        ..
                    }
                    | Talk::NoRepetition(Some(details)),
                ),
                _,
            ) => Some(Question::Offer(details)),
            _ => None,
        })
    }
}

/// Which of the candidates were chosen.
fn chosen(read: &References, candidates: &[Task]) -> Vec<i64> {
    let ids = || candidates.iter().map(|task| task.id);
    let one = |reference: &Reference| match reference {
        // A number says exactly which, even if it was not among those asked about.
        Reference::Number(id) => Some(*id),
        Reference::Position(Position::Nth(n)) => {
            let at = usize::try_from(*n).ok()?.checked_sub(1)?;
            ids().nth(at)
        }
        Reference::Position(Position::Last) => ids().next_back(),
        Reference::It if candidates.len() == 1 => ids().next(),
        Reference::Words(words) => match references::find(words, candidates, TaskStatus::All) {
            Found::Sure(tasks) if tasks.len() == 1 => Some(tasks[0].id),
            _ => None,
        },
        _ => None,
    };
    match read.all.as_slice() {
        [Reference::Them | Reference::All(_)] => ids().collect(),
        several => several
            .iter()
            .map(one)
            .collect::<Option<Vec<i64>>>()
            .unwrap_or_default(),
    }
}

fn act(action: Action, targets: Vec<Reference>) -> Option<Command> {
    (!targets.is_empty()).then_some(Command::Act {
        action,
        targets,
        otherwise: None,
        remind: false,
    })
}
