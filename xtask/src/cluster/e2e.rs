//! `cargo xtask cluster e2e`: what the API server says of the objects, then the rows of
//! `tests/cluster`.

use std::path::PathBuf;

use super::images;
use crate::{
    Result, charts,
    process::{cargo, run},
    tools,
};

/// What to prove, on which images.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Archives of the two images: `backend.tar frontend.tar`.
    #[arg(long, num_args = 0..)]
    images: Vec<PathBuf>,
    /// Only these rows, and other arguments of `tests/cluster`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rows: Vec<String>,
}

/// Fails when a promise is not kept.
pub(super) fn prove(arguments: &Arguments) -> Result {
    tools::on_path(&["helm", "kustomize", "kubectl", "kubeconform"])?;
    tools::postgres()?;
    images::load(&arguments.images)?;
    if arguments.rows.is_empty() {
        charts::check_by_server()?;
    }
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "todo-cluster", "--"]);
    if let Some(archive) = images::of("backend", &arguments.images) {
        command.args(["--tag", &images::tag(archive)?]);
    }
    run(command.args(&arguments.rows))
}
