//! Whether programs know the commands that pages and skills tell people to type.
//!
//! Helm, kubectl and Kustomize are asked themselves. What others take, which no machine that builds
//! this project has, is in `flags.json`, with the version that it was read from: `--flag=` needs a
//! value, and a command takes the flags of those above it too.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::{Parser, error::ErrorKind};
use serde::Deserialize;

use crate::{
    Result,
    process::{output, root},
};

/// Programs that are asked with `--help`.
const ASKED: [&str; 3] = ["helm", "kubectl", "kustomize"];

/// What is known of programs.
pub(super) struct Programs {
    described: Vec<Description>,
    /// What those that were asked have said, by the command.
    said: BTreeMap<String, String>,
}

/// The commands of one version of a program, and the flags of each.
#[derive(Deserialize)]
struct Description {
    from: String,
    commands: BTreeMap<String, String>,
}

impl Programs {
    pub(super) fn read() -> Result<Self> {
        Ok(Self {
            described: serde_json::from_str(include_str!("flags.json"))?,
            said: BTreeMap::new(),
        })
    }

    /// What is wrong with a command, if anything is. `folder` is where the text that has it lies.
    pub(super) fn mistake(&mut self, words: &[String], folder: &Path) -> Option<String> {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cargo", "xtask", arguments @ ..] => ours(arguments),
            [program, arguments @ ..] if ASKED.contains(program) => self.ask(program, arguments),
            ["python3", script, arguments @ ..] => of_python(&find(script, folder)?, arguments),
            [script, ..] if script.contains('/') => of_scripts(&words, folder),
            [program, ..] => self.look_up(program, &words),
            [] => None,
        }
    }

    /// One version that takes it is enough.
    fn look_up(&self, program: &str, words: &[&str]) -> Option<String> {
        let mut mistake = None;
        for description in self.described.iter().filter(|it| it.program() == program) {
            mistake = Some(description.mistake(words)?);
        }
        mistake
    }

    fn ask(&mut self, program: &str, arguments: &[&str]) -> Option<String> {
        let arguments = arguments.split(|it| *it == "--").next()?;
        // Only subcommands; names of objects do no harm, but a namespace may be called like one.
        let mut words = arguments.to_vec();
        if let Some(flag) = words
            .iter()
            .position(|it| ["-n", "--namespace"].contains(it))
        {
            words.drain(flag..(flag + 2).min(words.len()));
        }
        words.retain(|word| {
            word.starts_with(|it: char| it.is_ascii_lowercase())
                && word.chars().all(|it| it.is_ascii_lowercase() || it == '-')
        });
        words.truncate(3);
        let command = format!("{program} {}", words.join(" "));
        if !self.said.contains_key(&command) {
            let mut help = match output(Command::new(program).args(&words).arg("--help")) {
                Ok(help) => help,
                Err(error) => return Some(error.to_string()),
            };
            if program == "kubectl" {
                help += &output(Command::new(program).arg("options")).ok()?;
            }
            self.said.insert(command.clone(), help);
        }
        unnamed(&self.said[&command], arguments).map(|it| format!("{program}: {it}"))
    }
}

impl Description {
    fn program(&self) -> &str {
        let first = self.commands.keys().next();
        first
            .and_then(|it| it.split(' ').next())
            .unwrap_or_default()
    }

    fn mistake(&self, words: &[&str]) -> Option<String> {
        let mut command = String::new();
        let mut flags = Vec::new();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            if word == "--" {
                break;
            } else if word.starts_with('-') && word.len() > 1 {
                let (flag, value) = word.split_once('=').unwrap_or((word, ""));
                flags.push(flag);
                if value.is_empty() && self.takes_value(flag) {
                    words.next();
                }
            } else if let longer = format!("{command} {word}").trim().to_owned()
                && (self.commands.contains_key(&longer) || self.leads_on(&format!("{longer} ")))
            {
                command = longer;
            } else if self.leads_on(&format!("{command} ")) && !word.contains('…') {
                return Some(format!("`{command}` has no {word} in {}", self.from));
            }
        }
        let known = |flag: &str| {
            let above = self.commands.iter();
            above
                .filter(|(above, _)| format!("{command} ").starts_with(&format!("{above} ")))
                .flat_map(|(_, flags)| flags.split(' '))
                .any(|it| it.trim_end_matches('=') == flag)
        };
        let unknown = flags.into_iter().find(|&flag| !known(flag))?;
        Some(format!("`{command}` knows no {unknown} in {}", self.from))
    }

    /// Whether a command begins so.
    fn leads_on(&self, words: &str) -> bool {
        let mut commands = self.commands.keys();
        commands.any(|it| it.starts_with(words))
    }

    fn takes_value(&self, flag: &str) -> bool {
        let flag = format!("{flag}=");
        let mut flags = self.commands.values().flat_map(|flags| flags.split(' '));
        flags.any(|it| it == flag)
    }
}

/// Our chores, which clap parses.
fn ours(arguments: &[&str]) -> Option<String> {
    let arguments = std::iter::once(&"xtask").chain(arguments);
    let error = crate::Arguments::try_parse_from(arguments).err()?;
    // A page may name the chores without naming one.
    let is_mistake = error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let said = error.to_string();
    said.lines()
        .next()
        .map(str::to_owned)
        .filter(|_| is_mistake)
}

/// A script of a skill, which tells its flags.
fn of_python(script: &Path, arguments: &[&str]) -> Option<String> {
    match output(Command::new("python3").arg("-B").arg(script).arg("--help")) {
        Ok(help) => unnamed(&help, arguments),
        Err(error) => Some(error.to_string()),
    }
}

/// Scripts for bash, whose texts name their flags; one may run another.
fn of_scripts(words: &[&str], folder: &Path) -> Option<String> {
    let scripts = words.iter().filter_map(|word| find(word, folder));
    let texts: String = scripts
        .filter_map(|script| fs::read_to_string(script).ok())
        .collect();
    unnamed(&texts, words).filter(|_| !texts.is_empty())
}

/// A file as a page names it: from its own folder or from the root of the project.
fn find(name: &str, folder: &Path) -> Option<PathBuf> {
    let mut places = [folder, &root()].map(|place| place.join(name)).into_iter();
    places.find(|file| file.is_file())
}

/// The first flag that a text does not name.
fn unnamed(text: &str, words: &[&str]) -> Option<String> {
    let is_named = |flag: &str| {
        text.split(|it: char| !(it.is_ascii_alphanumeric() || it == '-'))
            .any(|word| word == flag)
    };
    words
        .iter()
        .filter(|word| word.starts_with('-') && word.len() > 1)
        .map(|flag| flag.split('=').next().unwrap_or(flag))
        .find(|flag| !is_named(flag))
        .map(|flag| format!("`{}` knows no {flag}", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(command: &str) -> Option<String> {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        Programs::read().unwrap().mistake(&words, &root())
    }

    #[test]
    fn a_command_is_held_against_the_version_that_has_it() {
        for good in [
            "docker ai -C aiops/docker …",
            "docker buildx bake --print",
            "kubectl-ai --llm-provider openai --quiet …",
            "kagent --namespace kagent invoke --agent todo-sre --task …",
            "kagent --namespace kagent agent invoke --session ID --task …",
            "cargo xtask test docs",
            "aiops/ask --print --tool kagent …",
            "python3 skills/helm-chart/scripts/generate.py application.json --dry-run",
        ] {
            assert_eq!(mistake(good), None, "{good}");
        }
        for (bad, said) in [
            (
                "docker buildx bake --prin",
                "`docker buildx bake` knows no --prin",
            ),
            ("docker buildx bake --agent x", "knows no --agent"),
            ("docker boil", "`docker` has no boil"),
            ("kubectl-ai --yes …", "`kubectl-ai` knows no --yes"),
            ("kagent analyze", "`kagent` has no analyze"),
            ("kagent agent invoke --agent a", "knows no --agent"),
            ("cargo xtask tset", "error: unrecognized subcommand 'tset'"),
            ("aiops/ask --sure …", "knows no --sure"),
        ] {
            let mistake = mistake(bad).unwrap_or_default();
            assert!(mistake.contains(said), "{bad}: {mistake}");
        }
    }
}
