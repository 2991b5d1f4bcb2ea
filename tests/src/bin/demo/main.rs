//! Films the product: how it is installed, operated in plain language, and used. `cargo xtask demo`
//! starts it, with a cluster, its images, kubectl-ai and a scripted model at hand.
//!
//! What the film shows happens while it is filmed. Only time is cut: where nothing changes for longer
//! than a moment, the film goes on sooner.

mod desk;
mod film;
mod scenes;
mod terminal;

use std::path::PathBuf;

use clap::Parser;
use serde_json::Value;
use todo_tests::browser::Browser;

use crate::{desk::Desk, film::Film, terminal::Terminal};

/// Where the product is during the film.
const HOST: &str = "demo.todo.local";

/// Films the product on the cluster that KUBECONFIG names.
#[derive(Parser)]
struct Arguments {
    /// The file that the film is written to.
    film: PathBuf,
    /// The namespace, which is emptied first and deleted in the end.
    #[arg(long, default_value = "todo-demo")]
    namespace: String,
    /// The tag of the two images.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    tag: String,
    /// The image of the database, as `REPOSITORY:TAG`.
    #[arg(long, env = "DATABASE_IMAGE", default_value = "postgres:17.7")]
    database_image: String,
}

#[tokio::main]
async fn main() {
    let arguments = Arguments::parse();
    let desk = Desk::set(&arguments).await;
    let browser = Browser::start_with(&[
        format!("--host-resolver-rules=MAP {HOST} {}", ingress(&desk).await),
        // The installation has made its own.
        "--ignore-certificate-errors".to_owned(),
    ])
    .await;
    let person = browser.person().await;
    let mut film = Film::new();
    let terminal = Terminal::open(person.window().await, &desk).await;
    scenes::install(&mut film, &terminal).await;
    scenes::operate(&mut film, &terminal).await;
    scenes::use_it(&mut film, &person.window().await).await;
    scenes::end(&mut film, &terminal).await;
    let seconds = film.write(&arguments.film).await;
    desk.clear().await;
    println!("{}: {seconds:.0} seconds", arguments.film.display());
}

/// The address of the Ingress: every node of Minikube and of our cluster has it.
async fn ingress(desk: &Desk) -> String {
    let nodes = desk.output("kubectl get nodes --output=json").await;
    let nodes: Value = serde_json::from_str(&nodes).expect("kubectl writes JSON");
    let addresses = nodes["items"][0]["status"]["addresses"].as_array();
    let internal = addresses
        .into_iter()
        .flatten()
        .find(|address| address["type"] == "InternalIP");
    internal
        .and_then(|address| address["address"].as_str())
        .expect("a node has an address")
        .to_owned()
}
