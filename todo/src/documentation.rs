//! Checks that `docs/configuration.md` lists exactly the settings that the programs read.

use std::path::Path;

use todo_service::environment::{Fallback, Setting};

use crate::start::DEFAULTS;

#[test]
fn the_documentation_lists_exactly_the_settings_that_are_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let expected = replace(&document, "settings", &all_settings());
    let expected = replace(&expected, "defaults", &defaults_of_todo());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    } else {
        assert_eq!(
            document, expected,
            "run UPDATE_DOCS=1 cargo test -p todo documentation"
        );
    }
}

fn all_settings() -> String {
    let programs = [
        ("both", todo_service::settings::COMMON),
        ("backend", todo_backend::config::SETTINGS),
        ("frontend", todo_frontend::config::SETTINGS),
    ];
    let rows = programs.into_iter().flat_map(|(program, settings)| {
        settings.iter().map(move |setting| {
            let (names, default) = (names(setting), default(setting));
            format!(
                "| {names} | {program} | {default} | {} |\n",
                setting.meaning
            )
        })
    });
    rows.fold(
        "| variable | server | default | meaning |\n| --- | --- | --- | --- |\n".into(),
        join,
    )
}

fn defaults_of_todo() -> String {
    let rows = DEFAULTS
        .into_iter()
        .map(|(setting, value)| format!("| `{}` | `{value}` |\n", setting.name));
    rows.fold(
        "| variable | default in `todo` |\n| --- | --- |\n".into(),
        join,
    )
}

fn join(table: String, row: String) -> String {
    table + &row
}

fn names(setting: &Setting) -> String {
    let mut names = format!("`{}`", setting.name);
    for alias in setting.aliases {
        names += &format!(" or `{alias}`");
    }
    if setting.secret {
        names += " (*secret*)";
    }
    names
}

fn default(setting: &Setting) -> String {
    match setting.default {
        Fallback::Value(text) => format!("`{text}`"),
        Fallback::Nothing(absent) => absent.to_owned(),
        Fallback::Refusal => "none; required".to_owned(),
    }
}

/// The document with `text` between the marks `<!-- name -->` and `<!-- /name -->`.
fn replace(document: &str, name: &str, text: &str) -> String {
    let (before, rest) = document.split_once(&format!("<!-- {name} -->\n")).unwrap();
    let (_, after) = rest.split_once(&format!("<!-- /{name} -->\n")).unwrap();
    format!("{before}<!-- {name} -->\n{text}<!-- /{name} -->\n{after}")
}
