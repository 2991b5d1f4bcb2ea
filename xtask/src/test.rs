//! `cargo xtask test`: everything that must hold before a change lands, with the minutes it took.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use todo_test_postgres::{Cluster, Purpose};

use crate::{
    Result, charts, docs, images,
    process::{cargo, root, run},
    skills, tools,
};

/// Which checks to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps; all, when none is named.
    steps: Vec<Step>,
}

/// The steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt --check`.
    Format,
    /// `cargo clippy` without warnings.
    Lint,
    /// Compile all tests.
    Build,
    /// All that `cargo test` runs, on SQLite and on a PostgreSQL server of its own; with Better
    /// Auth's own client, unchanged from npm, and Schemathesis against the OpenAPI document.
    Rust,
    /// The stories that need a browser: Chromium, with axe-core.
    Browser,
    /// MCP clients that others wrote: Python's, which also signs in with Chromium, the Inspector, and
    /// the conformance suite.
    Mcp,
    /// Licences, bans and sources of the dependencies, with cargo-deny.
    Deny,
    /// The Helm chart and the Kustomize files: linters, schema, refusals, and that both give the
    /// same objects.
    Charts,
    /// The container images: built, inspected, and the product run in them.
    Images,
    /// The skills: their format, what they make of three specifications, what they refuse.
    Skills,
    /// The pages: links lead somewhere, and commands are known to the programs they name.
    Docs,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn run(self) -> Result {
        match self {
            Self::Format => run(cargo().args(["fmt", "--all", "--check"])),
            Self::Lint => {
                lint(cargo().args(["clippy", "--workspace", "--all-targets"]))?;
                // As the images are built.
                let server = [
                    "clippy",
                    "--package",
                    "todo-backend",
                    "--no-default-features",
                ];
                lint(cargo().args(server))?;
                lint(&mut on_demand("clippy", &ON_DEMAND))
            }
            Self::Build => {
                run(cargo().args(["test", "--workspace", "--no-run"]))?;
                run(on_demand("test", &ON_DEMAND).arg("--no-run"))
            }
            Self::Rust => {
                tools::node()?;
                tools::python()?;
                with_postgres(cargo().args(["test", "--workspace"]))
            }
            Self::Browser => {
                tools::chromium()?;
                // Several browsers at once starve each other on a small machine.
                with_postgres(on_demand("test", &["browser"]).args(["--", "--test-threads=1"]))
            }
            Self::Mcp => {
                tools::node()?;
                tools::python()?;
                tools::chromium()?;
                // The clients start the programs themselves. Together with the test, so that no
                // dependency is built a second time with other features.
                run(on_demand("build", &["mcp"]).arg("--bins"))?;
                with_postgres(&mut on_demand("test", &["mcp"]))
            }
            Self::Deny => deny(),
            Self::Charts => charts::check(),
            Self::Images => images::test(),
            Self::Skills => skills::check(),
            Self::Docs => docs::check(),
        }
    }
}

/// The tests that `cargo test` leaves out, because they need a browser, programs built before, or servers.
const ON_DEMAND: [&str; 3] = ["browser", "deployed", "mcp"];

/// A cargo command for such tests. It takes the whole workspace, so that no dependency is built a
/// second time with other features.
fn on_demand(command: &str, tests: &[&str]) -> Command {
    let mut cargo = cargo();
    cargo.args([command, "--workspace"]);
    cargo.args(tests.iter().flat_map(|test| ["--test", test]));
    cargo
}

fn lint(clippy: &mut Command) -> Result {
    run(clippy.args(["--", "-D", "warnings"]))
}

/// Runs the steps to the last, prints what each took, and fails if one did.
pub(crate) fn run_steps(arguments: &Arguments) -> Result {
    let is_wanted = |step: &Step| arguments.steps.is_empty() || arguments.steps.contains(step);
    let outcomes: Vec<(Step, Result, Duration)> = Step::value_variants()
        .iter()
        .filter(|step| is_wanted(step))
        .map(|&step| {
            println!("\n── {}", step.name());
            let start = Instant::now();
            let outcome = step.run();
            if let Err(error) = &outcome {
                eprintln!("error: {error}");
            }
            (step, outcome, start.elapsed())
        })
        .collect();

    println!("\n{:<14}{:>8}", "step", "minutes");
    for (step, outcome, took) in &outcomes {
        let minutes = took.as_secs_f64() / 60.0;
        let mark = if outcome.is_ok() { "" } else { "  failed" };
        println!("{:<14}{minutes:>8.1}{mark}", step.name());
    }
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|(_, outcome, _)| outcome.is_err())
        .map(|(step, _, _)| step.name())
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "failed: {0}; again with `cargo xtask test {0}`",
            failed.join(" ")
        )
        .into())
    }
}

/// Runs tests beside one PostgreSQL server for all of them.
fn with_postgres(command: &mut Command) -> Result {
    if std::env::var_os("TEST_POSTGRES_URL").is_some() {
        return run(command);
    }
    tools::postgres()?;
    let cluster = Cluster::start(Purpose::Test)?;
    run(command.env("TEST_POSTGRES_URL", cluster.url("postgres")))
}

/// The advisories are left out: their database lies on a server that a build must not depend on.
fn deny() -> Result {
    run(tools::cargo_deny()?
        .current_dir(root())
        .args(["check", "bans", "licenses", "sources"]))
}
