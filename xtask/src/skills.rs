//! `cargo xtask test skills`: each skill of `skills/` is an Agent Skill, makes what lies in
//! `tests/skills/golden` of three specifications, and refuses what is wrong; linters judge the
//! charts and manifests that it makes.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    Result, charts,
    process::{output, root, run, target},
    tools,
};

/// The applications that every skill is tried with.
pub(crate) const SPECIFICATIONS: [&str; 3] = ["todo", "shop", "wiki"];

/// Files that lie in every skill, so that its folder works alone.
const SHARED: [&str; 2] = ["scripts/skill.py", "references/specification.md"];

/// What is made, by its path.
type Files = BTreeMap<PathBuf, String>;

/// Checks all skills; with `BLESS` in the environment it writes the golden files instead of
/// comparing them.
pub(crate) fn check() -> Result {
    tools::python()?;
    tools::on_path(&["helm", "kustomize", "kube-score"])?;
    let skills = skills()?;
    format(&skills)?;
    for skill in &skills {
        are_shared(skill, &skills[0])?;
        for specification in SPECIFICATIONS {
            golden(skill, specification)?;
        }
        refuses(skill)?;
    }
    linters()
}

/// The folders of the skills.
fn skills() -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root().join("skills"))? {
        let folder = entry?.path();
        if folder.is_dir() {
            folders.push(folder);
        }
    }
    folders.sort();
    Ok(folders)
}

/// The validator of the Agent Skills format, which others wrote.
fn format(skills: &[PathBuf]) -> Result {
    let folder = tools::python_packages("agent-skills")?;
    for skill in skills {
        run(Command::new(folder.join("bin/agentskills"))
            .arg("validate")
            .arg(skill))?;
        let text = fs::read_to_string(skill.join("SKILL.md"))?;
        if !text.contains("\n## Destructive commands\n") {
            return Err(format!("{} says nothing of destructive commands", skill.display()).into());
        }
    }
    Ok(())
}

fn are_shared(skill: &Path, first: &Path) -> Result {
    for file in SHARED {
        if fs::read(skill.join(file))? != fs::read(first.join(file))? {
            return Err(format!(
                "{} differs from that of {}",
                skill.join(file).display(),
                first.display()
            )
            .into());
        }
    }
    Ok(())
}

/// The script of a skill, in a copy of its folder: it must need nothing outside.
fn script(skill: &Path, copy: &Path) -> Result<Command> {
    let from = skill.join(".");
    run(Command::new("cp").arg("-r").arg(from).arg(copy))?;
    let mut python = Command::new("python3");
    python.arg("-B").arg(copy.join("scripts/generate.py"));
    Ok(python)
}

fn specification(name: &str) -> PathBuf {
    root()
        .join("tests/skills/specifications")
        .join(name)
        .with_extension("json")
}

/// Makes the files twice and compares them with those that were agreed on.
fn golden(skill: &Path, name: &str) -> Result {
    let what = format!("{} of {name}", name_of(skill));
    let folder = tempfile::tempdir()?;
    let (copy, out) = (folder.path().join("skill"), folder.path().join("out"));
    let mut script = script(skill, &copy)?;
    script.arg(specification(name)).arg("--out").arg(&out);

    let mut dry_run = Command::new("python3");
    dry_run.args(script.get_args()).arg("--dry-run");
    let planned = states(&output(&mut dry_run)?)?;
    if out.exists() {
        return Err(format!("{what}: --dry-run wrote something").into());
    }
    let made = states(&output(&mut script)?)?;
    let again = states(&output(&mut script)?)?;
    if planned != made || made.values().any(|state| state != "created") {
        return Err(format!("{what}: it did not do what --dry-run said").into());
    }
    if again.values().any(|state| state != "unchanged") {
        return Err(format!("{what}: a second run changes something").into());
    }

    let agreed = root()
        .join("tests/skills/golden")
        .join(name_of(skill))
        .join(name);
    if env::var_os("BLESS").is_some() {
        // It may not be there yet.
        let _ = fs::remove_dir_all(&agreed);
        fs::create_dir_all(&agreed)?;
        return run(Command::new("cp").arg("-r").arg(out.join(".")).arg(&agreed));
    }
    let (made, agreed) = (read(&out)?, read(&agreed)?);
    for path in made.keys().chain(agreed.keys()) {
        if made.get(path) != agreed.get(path) {
            return Err(format!(
                "{what}: {} is not what was agreed on; BLESS=1 takes it over",
                path.display()
            )
            .into());
        }
    }
    if edited(&out, &mut script)? {
        Ok(())
    } else {
        Err(format!("{what}: it overwrites what a person wrote").into())
    }
}

/// Whether a file that was edited by hand survives another run.
fn edited(out: &Path, script: &mut Command) -> Result<bool> {
    let files = read(out)?;
    let (path, _) = files.first_key_value().ok_or("it made nothing")?;
    fs::write(out.join(path), "mine")?;
    let code = script.stderr(Stdio::null()).status()?.code();
    Ok(code == Some(3) && fs::read_to_string(out.join(path))? == "mine")
}

/// What the script says of each file.
fn states(printed: &str) -> Result<BTreeMap<String, String>> {
    let report: Value = serde_json::from_str(printed)?;
    let text = |file: &Value, key: &str| file[key].as_str().unwrap_or_default().to_owned();
    Ok(report["files"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|file| (text(file, "path"), text(file, "state")))
        .collect())
}

fn name_of(skill: &Path) -> String {
    skill
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// All files below a folder.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path)?;
                files.insert(path.strip_prefix(folder)?.to_owned(), text);
            }
        }
    }
    Ok(files)
}

/// Specifications that are wrong end with 2, a sentence, and no file.
fn refuses(skill: &Path) -> Result {
    let good: Value = serde_json::from_str(&fs::read_to_string(specification("shop"))?)?;
    for (pointer, value, sentence) in [
        ("/name", json!("Shop!"), "\"name\" is \"Shop!\""),
        ("/colour", json!("red"), "unknown field \"colour\""),
        ("/services", json!([]), "1 to 8 services"),
        ("/services/0/port", json!(80), "from 1024 to 65535"),
        ("/services/0/calls/API_URL", json!("nobody"), "no service"),
        ("/services/1/calls", json!({"WEB": "web"}), "in a circle"),
        ("/services/1/name", json!("web"), "two services"),
        ("/services/0/context", json!("../x"), "\"context\""),
        ("/services/1/secrets/0/path", json!("/"), "\"path\""),
        ("/environments/dev/replicas", json!(0), "from 1 to 50"),
    ] {
        let mut wrong = good.clone();
        set(&mut wrong, pointer, value)?;
        let folder = tempfile::tempdir()?;
        let out = folder.path().join("out");
        let specification = folder.path().join("wrong.json");
        fs::write(&specification, wrong.to_string())?;
        let answer = script(skill, &folder.path().join("skill"))?
            .arg(&specification)
            .arg("--out")
            .arg(&out)
            .output()?;
        let said = String::from_utf8_lossy(&answer.stderr);
        let in_a_sentence = said.starts_with("error: ") && said.trim_end().lines().count() == 1;
        if answer.status.code() != Some(2)
            || !in_a_sentence
            || !said.contains(sentence)
            || out.exists()
        {
            return Err(
                format!("{} does not refuse {pointer} well: {said}", name_of(skill)).into(),
            );
        }
    }
    Ok(())
}

/// Sets a field that may not be there yet.
fn set(document: &mut Value, pointer: &str, value: Value) -> Result {
    let (parent, name) = pointer.rsplit_once('/').ok_or("no pointer")?;
    let parent = document.pointer_mut(parent).ok_or("no such object")?;
    parent[name] = value;
    Ok(())
}

/// What was agreed on is what linters and our own rules for charts accept.
fn linters() -> Result {
    let golden = root().join("tests/skills/golden");
    let together = target().join("tmp/skills");
    for name in SPECIFICATIONS {
        let environments = golden.join("multi-environment").join(name);
        let chart = golden.join("helm-chart-generation").join(name);
        let mut all = vec![(
            format!("the chart of {name}"),
            output(
                Command::new("helm")
                    .args(["template", name])
                    .arg(&chart)
                    .args(["--namespace", name]),
            )?,
        )];
        run(Command::new("helm")
            .args(["lint", "--strict", "--quiet"])
            .arg(&chart))?;
        for entry in fs::read_dir(environments.join("helm"))? {
            run(Command::new("helm")
                .args(["lint", "--strict", "--quiet"])
                .arg(&chart)
                .arg("--values")
                .arg(entry?.path()))?;
        }

        // The overlays lie over the base.
        let _ = fs::remove_dir_all(&together);
        fs::create_dir_all(&together)?;
        let base = golden.join("k8s-manifest-generation").join(name);
        run(Command::new("cp")
            .arg("-r")
            .arg(environments.join("kustomize"))
            .arg(&together))?;
        let kustomize = together.join("kustomize");
        run(Command::new("cp")
            .arg("-r")
            .arg(base)
            .arg(kustomize.join("base")))?;
        for folder in ["base", "overlays/dev", "overlays/prod"] {
            let yaml = output(
                Command::new("kustomize")
                    .arg("build")
                    .arg(kustomize.join(folder)),
            )?;
            // With one replica, as developers want it, the rules of production do not hold.
            if folder != "overlays/dev" {
                all.push((format!("{folder} of {name}"), yaml));
            }
        }
        for (way, yaml) in all {
            charts::judge(&way, &yaml)?;
        }
    }
    shell()
}

/// The generated shell scripts parse.
fn shell() -> Result {
    for (path, text) in read(&root().join("tests/skills/golden"))? {
        if text.starts_with("#!/usr/bin/env bash") {
            let path = root().join("tests/skills/golden").join(path);
            run(Command::new("bash").arg("-n").arg(path))?;
        }
    }
    Ok(())
}
