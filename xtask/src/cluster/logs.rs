//! `cargo xtask cluster logs REQUEST_ID`: one request, from the Ingress to the backend.

use std::process::Command;

use super::Place;
use crate::{Result, process::output, tools};

/// Which request.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The `x-request-id` of the answer, which error pages and problem documents show too.
    request_id: String,
    /// The namespace of the Ingress controller.
    #[arg(long, default_value = "ingress-nginx")]
    ingress: String,
    /// How far to look back.
    #[arg(long, default_value = "1h")]
    since: String,
}

/// Prints the lines that name the request, in the order of the hops.
pub(super) fn follow(arguments: &Arguments) -> Result {
    tools::on_path(&["kubectl"])?;
    let namespace = arguments.place.namespace.as_str();
    let mut found = 0;
    for (what, namespace, selector) in [
        (
            "ingress",
            arguments.ingress.as_str(),
            "app.kubernetes.io/name=ingress-nginx",
        ),
        (
            "frontend",
            namespace,
            "app.kubernetes.io/name=todo-frontend",
        ),
        ("backend", namespace, "app.kubernetes.io/name=todo-backend"),
    ] {
        let lines = output(Command::new("kubectl").args([
            "--namespace",
            namespace,
            "logs",
            "--selector",
            selector,
            "--since",
            &arguments.since,
            "--tail=-1",
            "--prefix",
            "--max-log-requests=50",
        ]))?;
        for line in lines
            .lines()
            .filter(|line| line.contains(&arguments.request_id))
        {
            println!("{what:<9} {line}");
            found += 1;
        }
    }
    if found == 0 {
        return Err(format!(
            "no line of the last {} names {}; pods that are gone took their lines along",
            arguments.since, arguments.request_id
        )
        .into());
    }
    Ok(())
}
