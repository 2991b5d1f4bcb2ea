//! `cargo xtask demo`: films the product on the cluster that KUBECONFIG names, as docs/demo.md tells.

use std::{path::PathBuf, process::Command};

use super::images;
use crate::{
    Result,
    process::{cargo, root, run, target, works},
    tools,
};

/// What is filmed, and where the film goes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Archives of the two images: `backend.tar frontend.tar`.
    #[arg(long, num_args = 0..)]
    images: Vec<PathBuf>,
    /// The file that the film is written to.
    #[arg(long, default_value = "docs/demo.webm")]
    film: PathBuf,
}

/// Makes the film. Its kubectl-ai has a scripted model.
pub(crate) fn film(arguments: &Arguments) -> Result {
    tools::on_path(&["helm", "kubectl"])?;
    if !works("kubectl-ai", &["version"]) {
        let source = "https://github.com/GoogleCloudPlatform/kubectl-ai";
        return Err(format!("kubectl-ai is not on the PATH ({source})").into());
    }
    tools::chromium()?;
    tools::ffmpeg()?;
    tools::node()?;
    tools::python()?;
    images::load(&arguments.images)?;
    run(cargo().args(["build", "--workspace", "--bin", "demo"]))?;
    let mut demo = Command::new(root().join("aiops/evaluations/model"));
    demo.arg(target().join("debug/demo"))
        .arg(&arguments.film)
        .current_dir(root());
    if let Some(archive) = images::of("backend", &arguments.images) {
        demo.args(["--tag", &images::tag(archive)?]);
    }
    run(&mut demo)
}
