//! `cargo xtask bench`: how fast the programs are and how much memory they take, measured on their
//! release builds as people run them, against the figures that they are held to.
//!
//! It lies in a package of its own, which links none of the product: it shares the cores with the
//! programs that it loads, so it is built as they are.

mod chat;
mod http;
mod load;
mod mcp;
mod memory;
mod model;
mod page;
mod person;
mod postgres;
mod programs;
mod report;
mod round_trips;
mod startup;
mod tasks;

use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use report::{Figure, Report};

/// Why something could not be measured; its text is for the person at the terminal.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T = ()> = std::result::Result<T, Failure>;

/// Measures the programs beside this one in its folder.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Arguments {
    /// Only these; all of them when none is named, and then docs/benchmarks.md is brought up to date.
    benchmarks: Vec<Benchmark>,
}

/// What is measured, in this order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    /// The size of the programs.
    Size,
    /// From the start of a program to its first 200 of /readyz.
    Startup,
    /// Resident memory after the start and under load.
    Memory,
    /// Lists of tasks per second, beside pgbench with the same statement.
    Tasks,
    /// The task page beside the calls that it makes.
    Page,
    /// A thousand chat streams at once.
    Chat,
    /// A model behind a server of its own: aimock, from npm.
    Model,
    /// Lists of tasks by an MCP tool, beside REST.
    Mcp,
}

impl Benchmark {
    async fn run(self) -> Result<Vec<Figure>> {
        match self {
            Self::Size => programs::sizes(),
            Self::Startup => startup::measure().await,
            Self::Memory => memory::measure().await,
            Self::Tasks => tasks::measure().await,
            Self::Page => page::measure().await,
            Self::Chat => chat::measure().await,
            Self::Model => model::measure().await,
            Self::Mcp => mcp::measure().await,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let is_complete = arguments.benchmarks.is_empty();
    let benchmarks = if is_complete {
        Benchmark::value_variants().to_vec()
    } else {
        arguments.benchmarks
    };
    let mut report = Report::default();
    for benchmark in benchmarks {
        let name = benchmark
            .to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default();
        println!("── {name}");
        report.add(&name, benchmark.run().await);
    }
    println!("\n{report}");
    if is_complete {
        report.write_down()?;
    }
    let missed = report.missed();
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("missed: {}", missed.join("; "));
    Ok(ExitCode::FAILURE)
}
