//! `cargo xtask cluster`: the product on Kubernetes, on the cluster that KUBECONFIG names.

mod aiops;
pub(crate) mod demo;
mod deploy;
pub(crate) mod e2e;
mod images;
mod logs;
mod minikube;
mod secrets;
mod shipper;
mod skills;

use clap::Subcommand;

use crate::Result;

/// What to do with the cluster.
#[derive(Subcommand)]
pub(crate) enum Chore {
    /// Start Minikube with what the product needs, and deploy to it.
    Up(deploy::Arguments),
    /// Install or upgrade the product, with Helm or Kustomize.
    Deploy(deploy::Arguments),
    /// Prove what the product promises on a cluster, and print a table.
    E2e(e2e::Arguments),
    /// Solve the evaluation tasks of `aiops/`, and make the requests of docs/aiops.md.
    Aiops,
    /// Install, change, bring back and remove what the skills make of three specifications.
    Skills,
    /// Delete the Minikube cluster.
    Down,
    /// Make the Secrets that are missing.
    Secrets(secrets::Arguments),
    /// Follow a request through the logs of Ingress, frontend and backend, to its statements.
    Logs(logs::Arguments),
}

/// Where the product is, for every chore.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The namespace.
    #[arg(long, short, default_value = "todo-app")]
    namespace: String,
}

/// Proves what every change would wait too long for: the log aggregation.
pub(crate) fn prove_fully(arguments: e2e::Arguments) -> Result {
    e2e::prove(&arguments.with_row("logs"))
}

/// Does it.
pub(crate) fn run(chore: &Chore) -> Result {
    match chore {
        Chore::Up(arguments) => {
            minikube::up()?;
            deploy::deploy(arguments)
        }
        Chore::Deploy(arguments) => deploy::deploy(arguments),
        Chore::E2e(arguments) => e2e::prove(arguments),
        Chore::Aiops => aiops::evaluate(),
        Chore::Skills => skills::prove(),
        Chore::Down => minikube::down(),
        Chore::Secrets(arguments) => secrets::make_missing(arguments),
        Chore::Logs(arguments) => logs::follow(arguments),
    }
}
