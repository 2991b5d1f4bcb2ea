//! `cargo xtask cluster deploy`: what `docs/deploy.md` does by hand, in one command.

use std::{fs, path::PathBuf, process::Command};

use clap::ValueEnum;

use super::{Place, images, secrets};
use crate::{
    Result,
    process::{output, root, run},
    tools,
};

/// What to install, and how.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The tool that installs it.
    #[arg(long, value_enum, default_value_t = Way::Helm)]
    with: Way,
    /// For development, with its own database, or for production.
    #[arg(long, value_enum, default_value_t = For::Dev)]
    r#for: For,
    /// Archives of the two images to load before, such as `backend.tar frontend.tar`.
    #[arg(long, num_args = 0..)]
    images: Vec<PathBuf>,
    /// An image to run instead, as `todo-backend=REGISTRY/todo-backend@sha256:…`.
    #[arg(long)]
    image: Vec<String>,
    /// More arguments for Helm.
    #[arg(last = true)]
    helm: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    Helm,
    Kustomize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    Dev,
    Prod,
}

impl For {
    const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod => "prod",
        }
    }
}

/// Loads the images, makes the namespace, and installs or upgrades.
pub(super) fn deploy(arguments: &Arguments) -> Result {
    images::load(&arguments.images)?;
    secrets::namespace(&arguments.place.namespace)?;
    let mut chosen = arguments.image.clone();
    for server in ["backend", "frontend"] {
        if let Some(archive) = images::of(server, &arguments.images) {
            chosen.push(format!(
                "todo-{server}=todo-{server}:{}",
                images::tag(archive)?
            ));
        }
    }
    match arguments.with {
        Way::Helm => by_helm(arguments, &chosen),
        Way::Kustomize => by_kustomize(arguments, &chosen),
    }
}

fn by_helm(arguments: &Arguments, chosen: &[String]) -> Result {
    tools::on_path(&["helm"])?;
    let chart = root().join("helm/todo-app");
    let values = chart.join(format!("values-{}.yaml", arguments.r#for.name()));
    let mut helm = Command::new("helm");
    helm.args(["upgrade", "--install", "todo"])
        .arg(&chart)
        .args([
            "--namespace",
            &arguments.place.namespace,
            "--wait",
            "--timeout=5m",
        ])
        .arg("--values")
        .arg(values);
    for choice in chosen {
        let (name, image) = split(choice)?;
        let value = match name {
            "postgres" => "backend.database.image",
            "todo-backend" => "backend.image",
            _ => "frontend.image",
        };
        let (name, digest) = image.split_once('@').unwrap_or((image, ""));
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (name, ""),
        };
        for (key, part) in [("repository", repository), ("tag", tag), ("digest", digest)] {
            if !part.is_empty() {
                helm.arg("--set-string")
                    .arg(format!("{value}.{key}={part}"));
            }
        }
    }
    run(helm.args(&arguments.helm))
}

/// The committed overlay stays as it is: the images are set in a copy.
fn by_kustomize(arguments: &Arguments, chosen: &[String]) -> Result {
    tools::on_path(&["kustomize", "kubectl"])?;
    let copy = tempfile::tempdir()?;
    run(Command::new("cp")
        .arg("-r")
        .arg(root().join("kustomize"))
        .arg(copy.path()))?;
    let overlay = copy
        .path()
        .join("kustomize/overlays")
        .join(arguments.r#for.name());
    for choice in chosen {
        split(choice)?;
        run(Command::new("kustomize")
            .args(["edit", "set", "image", choice])
            .current_dir(&overlay))?;
    }
    run(Command::new("kustomize")
        .args(["edit", "set", "namespace", &arguments.place.namespace])
        .current_dir(&overlay))?;
    let objects = copy.path().join("objects.yaml");
    fs::write(
        &objects,
        output(Command::new("kustomize").arg("build").arg(&overlay))?,
    )?;
    run(Command::new("kubectl")
        .args(["apply", "--filename"])
        .arg(&objects))?;
    for server in ["backend", "frontend"] {
        run(Command::new("kubectl").args([
            "--namespace",
            &arguments.place.namespace,
            "rollout",
            "status",
            &format!("deployment/todo-{server}"),
            "--timeout=5m",
        ]))?;
    }
    Ok(())
}

fn split(choice: &str) -> Result<(&str, &str)> {
    match choice.split_once('=') {
        Some((name @ ("todo-backend" | "todo-frontend" | "postgres"), image)) => Ok((name, image)),
        _ => Err(format!(
            "{choice:?} is not todo-backend=IMAGE, todo-frontend=IMAGE or postgres=IMAGE"
        )
        .into()),
    }
}
