//! The product as pods, on the cluster that KUBECONFIG names.

use std::{
    env,
    fs::{self, File},
    process::Command,
};

use super::{
    archive::Image,
    folder,
    product::{PRODUCTS, Product},
    test::{local, story},
};
use crate::{Result, forward::Forwarded, process::run as run_program};

const NAMESPACE: &str = "images-test";
const PODS: &str = include_str!("pods.yaml");
/// The official image, or one that takes its variables.
const DATABASE_IMAGE: &str = "postgres:17.7";

/// Loads the images, starts the product under the restricted Pod Security Standard and tells it the
/// story. Says so if there is no cluster.
pub(super) fn run() -> Result {
    if env::var_os("KUBECONFIG").is_none() {
        println!(
            "No pods were started: set KUBECONFIG to a cluster's, and IMAGE_LOADER to what loads \
             image archives there unless it is Minikube."
        );
        return Ok(());
    }
    load()?;
    let [backend, frontend] = PRODUCTS.map(|product| content_tag(&product));
    let database = env::var("DATABASE_IMAGE").unwrap_or_else(|_| DATABASE_IMAGE.to_owned());
    let pods = PODS
        .replace("DATABASE_IMAGE", &database)
        .replace("BACKEND_IMAGE", &backend?)
        .replace("FRONTEND_IMAGE", &frontend?);
    let file = folder().join("pods.yaml");
    fs::write(&file, pods)?;

    let _namespace = Namespace::replaced()?;
    run_program(kubectl(&["apply", "--filename"]).arg(file))?;
    let ready = run_program(&mut kubectl(&[
        "wait",
        "--namespace",
        NAMESPACE,
        "--for=condition=Ready",
        "--timeout=3m",
        "pod",
        "--all",
    ]));
    if ready.is_err() {
        // For whoever looks for the reason; the failure itself is told below.
        let _ = run_program(&mut kubectl(&[
            "describe",
            "pods",
            "--namespace",
            NAMESPACE,
        ]));
    }
    ready?;
    let frontend = Forwarded::new(NAMESPACE, "pod/frontend", 3000)?;
    let backend = Forwarded::new(NAMESPACE, "pod/backend", 8000)?;
    story(&local(frontend.port), &local(backend.port))
}

/// Puts both archives onto the cluster's nodes.
fn load() -> Result {
    let archives = PRODUCTS.map(|product| folder().join(format!("{}.tar", product.name)));
    if let Some(loader) = env::var_os("IMAGE_LOADER") {
        return run_program(Command::new(loader).args(archives));
    }
    for archive in archives {
        // From standard input: by name, Minikube passes over a file of the same size and time.
        run_program(
            Command::new("minikube")
                .args(["image", "load", "-"])
                .stdin(File::open(archive)?),
        )?;
    }
    Ok(())
}

/// The name that no other image has.
fn content_tag(product: &Product) -> Result<String> {
    let image = Image::read(&folder().join(format!("{}.tar", product.name)))?;
    let tag = image.tags.last().ok_or("the image has no name")?;
    Ok(tag.clone())
}

fn kubectl(arguments: &[&str]) -> Command {
    let mut kubectl = Command::new("kubectl");
    kubectl.args(arguments);
    kubectl
}

/// A namespace of our own. Dropping it deletes it.
struct Namespace;

impl Namespace {
    /// Removes what an earlier test left.
    fn replaced() -> Result<Self> {
        Self::remove("--wait=true")?;
        Ok(Self)
    }

    fn remove(wait: &str) -> Result {
        run_program(&mut kubectl(&[
            "delete",
            "namespace",
            NAMESPACE,
            "--ignore-not-found",
            wait,
        ]))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The next test removes what stays.
        let _ = Self::remove("--wait=false");
    }
}
