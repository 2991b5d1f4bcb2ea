//! `cargo xtask bench`: builds the programs as they are released, and what measures them.

use std::process::Command;

use crate::{
    Result, images,
    process::{cargo, root, run, target},
    tools,
};

/// What is built: the programs, the backend with a scripted model, and what measures them.
const PACKAGES: [&str; 5] = [
    "todo",
    "todo-backend",
    "todo-frontend",
    "todo-tests",
    "todo-bench",
];

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these benchmarks, such as `memory`; `--help` after `--` lists them. `images` stands
    /// alone: it measures the container images.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    benchmarks: Vec<String>,
}

/// Fails when a figure is missed.
pub(crate) fn build_and_measure(arguments: &Arguments) -> Result {
    if arguments.benchmarks == ["images"] {
        return images::bench();
    }
    tools::postgres()?;
    tools::node()?;
    tools::wrk()?;
    let packages = PACKAGES.iter().flat_map(|name| ["--package", name]);
    run(cargo()
        .args(["build", "--release", "--bins"])
        .args(packages))?;
    let program = target().join("release/todo-bench");
    run(Command::new(program)
        .args(&arguments.benchmarks)
        .current_dir(root()))
}
