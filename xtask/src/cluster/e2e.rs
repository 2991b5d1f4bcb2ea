//! `cargo xtask cluster e2e`: what the API server says of the objects, then the rows of
//! `tests/cluster`.

use std::path::PathBuf;

use super::{images, shipper};
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
    /// Build the image of the log shipper from Debian's packages, where pods cannot pull one.
    #[arg(long)]
    build_shipper: bool,
    /// Only these rows, and other arguments of `tests/cluster`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rows: Vec<String>,
}

impl Arguments {
    /// The same, with that row too.
    pub(crate) fn with_row(mut self, row: &str) -> Self {
        self.rows.push(row.to_owned());
        self
    }
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
    if arguments.build_shipper {
        images::load(&[shipper::build()?])?;
        command.env("SHIPPER_IMAGE", shipper::IMAGE);
    }
    run(command.args(&arguments.rows))
}
