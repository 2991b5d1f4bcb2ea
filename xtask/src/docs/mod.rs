//! `cargo xtask test docs`: in the pages of the project links lead to something that is there, and
//! commands are ones that the shell and the programs understand; so are those of scripts, also of the
//! pages and scripts that skills make.

mod programs;
mod shell;

use std::{fs, path::Path, process::Command};

use programs::Programs;

use crate::{
    Result,
    process::{output, root, with_input},
    tools,
};

/// Checks every Markdown file and every shell script that git knows.
pub(crate) fn check() -> Result {
    tools::on_path(&["helm", "kubectl", "kustomize"])?;
    let listed = output(
        Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            // The assets of skills are templates; what is made of them is in tests/skills.
            .args([
                "*.md",
                "*.sh",
                "aiops",
                ":!skills/*/assets/*.sh",
                ":!tests/assets",
            ])
            .current_dir(root()),
    )?;
    let mut mistakes = Vec::new();
    let mut programs = Programs::read()?;
    for name in listed.lines() {
        let file = root().join(name);
        let text = fs::read_to_string(&file)?;
        let mut wrong = Vec::new();
        if name.ends_with(".md") {
            wrong.extend(broken_links(&file, &text));
            for block in shell_blocks(&text) {
                wrong.extend(misunderstood(&block, &file, &mut programs)?);
            }
            for span in spans(&text) {
                wrong.extend(unknown(&span, &file, &mut programs));
            }
        } else if text.starts_with("#!/usr/bin/env bash") {
            wrong.extend(misunderstood(&text, &file, &mut programs)?);
        }
        mistakes.extend(
            wrong
                .into_iter()
                .map(|mistake| format!("{name}: {mistake}")),
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

/// The commands that stand within sentences and tables.
fn spans(text: &str) -> Vec<String> {
    let prose = prose(text);
    let spans = prose.split('`').skip(1).step_by(2);
    spans.map(str::to_owned).collect()
}

/// What a block has that nobody would understand.
fn misunderstood(block: &str, page: &Path, programs: &mut Programs) -> Result<Vec<String>> {
    let mut mistakes = unknown(block, page, programs);
    let complaint = with_input(
        Command::new("bash").args(["-c", "bash -n 2>&1"]),
        // Blocks in lists are indented.
        &block.replace("\n   ", "\n"),
    )?;
    if !complaint.is_empty() {
        mistakes.push(format!("bash cannot read: {}", complaint.trim()));
    }
    Ok(mistakes)
}

/// Commands that the programs do not know.
fn unknown(text: &str, page: &Path, programs: &mut Programs) -> Vec<String> {
    let folder = page.parent().unwrap_or(page);
    shell::commands(text)
        .iter()
        .filter_map(|words| programs.mistake(words, folder))
        .collect()
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
        let mut programs = Programs::read().unwrap();
        let mut mistakes = |block: &str| misunderstood(block, &page, &mut programs).unwrap();
        assert!(mistakes("cargo xtask test docs\n").is_empty());
        assert_eq!(mistakes("cargo xtask tset\n").len(), 1);
        assert_eq!(mistakes("echo 'open\n").len(), 1);
        assert_eq!(spans("`a` b `c d`\n```\n`e`\n```\n"), ["a", "c d"]);
    }
}
