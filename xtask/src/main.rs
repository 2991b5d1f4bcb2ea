//! The chores of the project, as `cargo xtask …`.

mod bench;
mod buildah;
mod charts;
mod cluster;
mod dev;
mod docs;
mod forward;
mod images;
mod process;
mod skills;
mod test;
mod tools;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// Any failure of a chore; its text is for the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The chores of the project.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check everything: format, lints, licences, tests on both databases, browser.
    Test(test::Arguments),
    /// Measure speed and memory of the release build, and write docs/benchmarks.md.
    Bench(bench::Arguments),
    /// The product on Kubernetes.
    #[command(subcommand)]
    Cluster(cluster::Chore),
    /// Build the container images, inspect them, run the product in them.
    Images(images::Arguments),
    /// Prove on a cluster what takes too long for every change: the log aggregation.
    Full(cluster::e2e::Arguments),
    /// Film how the product is installed, operated in plain language and used.
    Demo(cluster::demo::Arguments),
    /// Run the product and start it again whenever a file changes.
    Dev(dev::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().chore {
        Chore::Test(arguments) => test::run_steps(&arguments),
        Chore::Bench(arguments) => bench::build_and_measure(&arguments),
        Chore::Cluster(chore) => cluster::run(&chore),
        Chore::Images(arguments) => images::run(&arguments),
        Chore::Full(arguments) => cluster::prove_fully(arguments),
        Chore::Demo(arguments) => cluster::demo::film(&arguments),
        Chore::Dev(arguments) => dev::run_and_watch(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
