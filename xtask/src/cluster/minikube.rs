//! A cluster of one's own machine.

use std::process::Command;

use crate::{Result, process::run, tools};

/// Starts Minikube with two nodes, and the add-ons that the chart counts on.
pub(super) fn up() -> Result {
    tools::on_path(&["minikube", "kubectl"])?;
    run(Command::new("minikube").args([
        "start",
        "--nodes=2",
        "--container-runtime=containerd",
        "--cni=calico",
        "--memory=4g",
        "--cpus=2",
    ]))?;
    // Volumes of Minikube's own can be written on the first node alone.
    for addon in ["ingress", "metrics-server", "storage-provisioner-rancher"] {
        run(Command::new("minikube").args(["addons", "enable", addon]))?;
    }
    Ok(())
}

pub(super) fn down() -> Result {
    tools::on_path(&["minikube"])?;
    run(Command::new("minikube").arg("delete"))
}
