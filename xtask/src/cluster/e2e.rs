//! `cargo xtask cluster e2e`: what the API server says of the objects, then the rows of
//! `tests/cluster`.

use std::{path::PathBuf, process::Command};

use super::{images, shipper};
use crate::{
    Result, charts,
    process::{cargo, root, run, target},
    tools,
};

/// What to prove, on which images.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Archives of the two images: `backend.tar frontend.tar`.
    #[arg(long, num_args = 2, value_name = "ARCHIVE")]
    images: Vec<PathBuf>,
    /// The archive of a backend with one more migration, `backend-next.tar`, to upgrade to and roll
    /// back from.
    #[arg(long)]
    next_image: Option<PathBuf>,
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
    tools::chromium()?;
    tools::nginx()?;
    images::load(&arguments.images)?;
    if arguments.rows.is_empty() {
        charts::check_by_server()?;
    }
    // With the stories of the browser, of which one is told to the cluster, and as `cargo xtask test`
    // builds them: so that nothing is built a second time, or in the middle of the table.
    let program = ["--bin", "todo-cluster", "--test", "browser"];
    run(cargo().args(["build", "--workspace"]).args(program))?;
    let mut command = Command::new(target().join("debug/todo-cluster"));
    command.current_dir(root());
    if let Some(archive) = images::of("backend", &arguments.images) {
        command.args(["--tag", &images::tag(archive)?]);
    }
    if let Some(archive) = &arguments.next_image {
        images::load(std::slice::from_ref(archive))?;
        command.args(["--next-tag", &images::tag(archive)?]);
    }
    if arguments.build_shipper {
        images::load(&[shipper::build()?])?;
        command.env("SHIPPER_IMAGE", shipper::IMAGE);
    }
    run(command.args(&arguments.rows))
}
