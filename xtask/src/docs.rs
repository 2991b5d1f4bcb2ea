//! `cargo xtask test docs`: in the pages of the project links lead to something that is there, and
//! commands are ones that the shell, our chores, kubectl and helm understand.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use clap::Parser;

use crate::{
    Result,
    process::{output, root, with_input},
    tools,
};

/// Checks every Markdown file that git knows.
pub(crate) fn check() -> Result {
    tools::on_path(&["helm", "kubectl"])?;
    let listed = output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .args(["*.md", ":!tests/assets"])
            .current_dir(root()),
    )?;
    let mut mistakes = Vec::new();
    let mut known = Flags::default();
    for page in listed.lines() {
        let text = fs::read_to_string(root().join(page))?;
        let mut wrong = broken_links(&root().join(page), &text);
        for block in shell_blocks(&text) {
            wrong.extend(misunderstood(&block, &mut known)?);
        }
        mistakes.extend(
            wrong
                .into_iter()
                .map(|mistake| format!("{page}: {mistake}")),
        );
    }
    mistakes.extend(not_in_the_index()?);
    for mistake in &mistakes {
        eprintln!("  {mistake}");
    }
    match mistakes.len() {
        0 => Ok(()),
        count => Err(format!("{count} mistakes in the pages").into()),
    }
}

/// Pages of `docs/` that its index does not lead to.
fn not_in_the_index() -> Result<Vec<String>> {
    let docs = root().join("docs");
    let index = fs::read_to_string(docs.join("README.md"))?;
    let mut missing = Vec::new();
    for entry in fs::read_dir(docs)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && name != "README.md" && !index.contains(&format!("({name})")) {
            missing.push(format!("docs/README.md: it does not lead to {name}"));
        }
    }
    Ok(missing)
}

/// Links that lead to no file, or to no heading of one.
fn broken_links(page: &Path, text: &str) -> Vec<String> {
    prose(text)
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .filter(|target| {
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => page.to_owned(),
                _ => page.parent().unwrap_or(page).join(file),
            };
            let leads_nowhere = || {
                let text = fs::read_to_string(&file).unwrap_or_default();
                !heading.is_empty() && !headings(&text).any(|anchor| anchor == heading)
            };
            !file.exists() || leads_nowhere()
        })
        .map(|target| format!("the link to {target} leads nowhere"))
        .collect()
}

/// The text without its blocks of code.
fn prose(text: &str) -> String {
    let outside = text.split("```").step_by(2);
    outside.collect::<Vec<_>>().join("\n")
}

/// The anchors that a page has, as hosts of Markdown make them of headings.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'))
                .map(|it| if it == ' ' { '-' } else { it })
                .collect()
        })
}

/// What stands between "```sh" and "```".
fn shell_blocks(text: &str) -> Vec<String> {
    text.split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix("sh\n"))
        .map(str::to_owned)
        .collect()
}

/// What a block has that nobody would understand.
fn misunderstood(block: &str, known: &mut Flags) -> Result<Vec<String>> {
    let mut mistakes = Vec::new();
    let complaint = with_input(
        Command::new("bash").args(["-c", "bash -n 2>&1"]),
        // Blocks in lists are indented.
        &block.replace("\n   ", "\n"),
    )?;
    if !complaint.is_empty() {
        mistakes.push(format!("bash cannot read: {}", complaint.trim()));
    }
    let block = block.replace("\\\n", " ");
    for command in block.split(['\n', '|', ';', '&']).map(str::trim) {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["cargo", "xtask", arguments @ ..] => {
                let arguments = std::iter::once(&"xtask").chain(arguments);
                if let Err(error) = crate::Arguments::try_parse_from(arguments) {
                    let said = error.to_string();
                    let first = said.lines().next().unwrap_or_default();
                    mistakes.push(format!("`{command}`: {first}"));
                }
            }
            [program @ ("kubectl" | "helm"), arguments @ ..] => {
                mistakes.extend(known.unknown(program, arguments)?);
            }
            _ => {}
        }
    }
    Ok(mistakes)
}

/// What programs say of their flags.
#[derive(Default)]
struct Flags(BTreeMap<String, String>);

impl Flags {
    /// Flags of a command that its help does not name.
    fn unknown(&mut self, program: &str, arguments: &[&str]) -> Result<Vec<String>> {
        let mut words = Vec::new();
        let mut flags = Vec::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.split('=').next().unwrap_or_default() {
                "--namespace" | "-n" if !argument.contains('=') => {
                    arguments.next();
                }
                flag if flag.starts_with("--") && flag.len() > 2 => flags.push(flag),
                _ => words.push(*argument),
            }
        }
        // Only subcommands; names of objects do no harm.
        words.retain(|word| word.chars().all(|it| it.is_ascii_lowercase() || it == '-'));
        words.truncate(3);
        let key = format!("{program} {}", words.join(" "));
        if !self.0.contains_key(&key) {
            let mut help = output(Command::new(program).args(&words).arg("--help"))?;
            if program == "kubectl" {
                help += &output(Command::new("kubectl").arg("options"))?;
            }
            self.0.insert(key.clone(), help);
        }
        let help = &self.0[&key];
        Ok(flags
            .into_iter()
            .filter(|flag| {
                !help
                    .split(|it: char| !(it.is_ascii_alphanumeric() || it == '-'))
                    .any(|word| word == *flag)
            })
            .map(|flag| format!("`{key}` knows no {flag}"))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_on_a_page_is_found() {
        let text = "# A page\n[there](#a-page) [not](#gone) [nor](nowhere.md) [out](https://x.y)\n";
        let page = root().join("docs/README.md");
        let here = broken_links(&page, text);
        assert_eq!(
            here.len(),
            2 + 1,
            "{here:?}: the heading is of another page"
        );
        let mut known = Flags::default();
        let mistakes = |block: &str, known: &mut Flags| misunderstood(block, known).unwrap();
        assert!(mistakes("cargo xtask test docs\n", &mut known).is_empty());
        assert_eq!(mistakes("cargo xtask tset\n", &mut known).len(), 1);
        assert_eq!(mistakes("echo 'open\n", &mut known).len(), 1);
    }
}
