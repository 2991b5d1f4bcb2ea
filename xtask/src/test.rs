//! `cargo xtask test`: everything that must hold before a change lands, with the minutes it took.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use todo_test_postgres::{Cluster, Purpose};

use crate::{
    Result,
    process::{cargo, root, run},
    tools,
};

/// Which checks to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps; all of them when none is named.
    steps: Vec<Step>,
}

/// The steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt --check`.
    Format,
    /// `cargo clippy` without warnings.
    Lint,
    /// The tests without a browser, on SQLite and on a PostgreSQL server of their own.
    Rust,
    /// Licences, bans and sources of the dependencies, with cargo-deny.
    Deny,
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
            Self::Lint => run(cargo().args([
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ])),
            Self::Rust => with_postgres(cargo().args(["test", "--workspace"])),
            Self::Deny => deny(),
        }
    }
}

/// Runs the steps to the last, prints what each took, and fails if one did.
pub(crate) fn run_steps(arguments: &Arguments) -> Result {
    let steps = if arguments.steps.is_empty() {
        Step::value_variants()
    } else {
        &arguments.steps
    };
    let outcomes: Vec<(Step, Result, Duration)> = steps
        .iter()
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
