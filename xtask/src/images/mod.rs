//! `cargo xtask images`: the container images of both servers, built, inspected and run.
//!
//! `product` says what the images are meant to be; everything else reads it from there.

#[cfg(test)]
mod agreement;
mod archive;
mod bench;
mod build;
mod buildah;
mod check;
mod compare;
mod config;
mod container;
mod elf;
mod flake;
mod pods;
mod product;
#[cfg(test)]
mod sample;
mod secrets;
mod test;

use std::path::PathBuf;

use clap::Subcommand;

use crate::{Result, process::target};

/// What to do with the images.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build both images into target/images/{backend,frontend}.tar.
    Build(build::Arguments),
    /// Inspect image archives, and compare those of the same program with each other.
    Check(check::Arguments),
    /// Build and inspect the images, run the product in containers, and as pods on the cluster that
    /// KUBECONFIG names. Needs root.
    Test,
}

/// Does it.
pub(crate) fn run(arguments: &Arguments) -> Result {
    match &arguments.action {
        Action::Build(arguments) => build::run(arguments).map(drop),
        Action::Check(arguments) => check::run(arguments),
        Action::Test => test(),
    }
}

/// The step `images` of `cargo xtask test`.
pub(crate) fn test() -> Result {
    test::run()
}

/// `cargo xtask bench images`.
pub(crate) fn bench() -> Result {
    bench::measure()
}

/// Where the built archives lie.
fn folder() -> PathBuf {
    target().join("images")
}
