//! `cargo xtask cluster aiops`: operations in plain language, on the cluster that KUBECONFIG names.
//! The product's images have to be on its nodes.

use std::process::Command;

use crate::{
    Result,
    process::{root, run},
    tools,
};

/// Solves every evaluation task, whose verifier fails before; then makes the requests of
/// docs/aiops.md, to kubectl-ai where it is on the PATH.
pub(super) fn evaluate() -> Result {
    tools::on_path(&["helm", "kubectl"])?;
    tools::node()?;
    let evaluations = root().join("aiops/evaluations");
    run(&mut Command::new(evaluations.join("run")))?;
    run(&mut Command::new(evaluations.join("requests")))
}
