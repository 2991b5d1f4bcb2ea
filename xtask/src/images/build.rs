//! `cargo xtask images build`: both images as archives, by whatever builds images on this machine.

use std::{fs, path::Path, process::Command};

use clap::ValueEnum;

use super::{
    archive::{self, Image},
    buildah::Buildah,
    flake::EXPERIMENTAL,
    folder,
    product::{NEXT, PRODUCTS, Product, VERSION},
};
use crate::{
    Result,
    process::{output, root, run as run_program, works},
};

/// How to build.
#[derive(Default, clap::Args)]
pub(crate) struct Arguments {
    /// What builds them; by default the first of these that works here.
    #[arg(long)]
    with: Option<Builder>,
    /// Build target/images/backend-next.tar too: the backend with one more migration, to which
    /// `cargo xtask cluster e2e` upgrades. The flake has none.
    #[arg(long)]
    next: bool,
}

/// What builds images.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Builder {
    /// The Dockerfile, with Docker's buildx.
    Docker,
    /// The flake.
    Nix,
    /// The Dockerfile, without a daemon; on Debian, with this machine's Rust. Needs root.
    Buildah,
}

/// The label that tells the commit.
const REVISION: &str = "org.opencontainers.image.revision";
/// What an installation of Nix has, and NixOS.
const NIX_PROFILES: [&str; 2] = ["/nix/var/nix/profiles/default", "/run/current-system"];
/// Builds them, unless they are of this very commit already.
pub(super) fn run(arguments: &Arguments) -> Result {
    let mut products = PRODUCTS.to_vec();
    if arguments.next {
        products.push(NEXT);
    }
    if arguments.with.is_none() && are_of(&products, &revision()) {
        println!("{} holds the images of this commit", folder().display());
        return Ok(());
    }
    fs::create_dir_all(folder())?;
    match arguments.with.unwrap_or_else(Builder::found) {
        Builder::Docker => docker(&products)?,
        Builder::Nix if arguments.next => {
            return Err("the flake has no backend-next: take --with docker or buildah".into());
        }
        Builder::Nix => nix()?,
        Builder::Buildah => Buildah::new()?.build(&root(), &folder(), &products)?,
    }
    for product in products {
        let path = folder().join(format!("{}.tar", product.name));
        let tags = finish(&product, &path)?;
        println!("{}: {}", path.display(), tags.join(" "));
    }
    Ok(())
}

/// Makes what a builder wrote the archive that every builder writes; the image's names.
pub(super) fn finish(product: &Product, archive: &Path) -> Result<[String; 2]> {
    archive::finish(archive, product.program, product.version)
}

/// Whether the archives were built of a commit as it is.
fn are_of(products: &[Product], revision: &str) -> bool {
    revision.chars().all(|digit| digit.is_ascii_hexdigit())
        && products.iter().all(|product| {
            let image = Image::read(&folder().join(format!("{}.tar", product.name)));
            image.is_ok_and(|image| {
                image
                    .config
                    .labels
                    .get(REVISION)
                    .is_some_and(|of| of == revision)
            })
        })
}

impl Builder {
    /// The first that works here.
    fn found() -> Self {
        let evaluates = ["eval", "--raw", ".#images.drvPath"];
        let nix: Vec<&str> = EXPERIMENTAL.into_iter().chain(evaluates).collect();
        // Debian's package, with which `test` reads the flake, is not set up to build.
        let is_set_up = NIX_PROFILES.iter().any(|path| Path::new(path).exists());
        if works("docker", &["info"]) && works("docker", &["buildx", "version"]) {
            Self::Docker
        } else if is_set_up && works("nix", &nix) {
            Self::Nix
        } else {
            Self::Buildah
        }
    }
}

/// What tells the images apart from those of another commit.
pub(super) fn revision() -> String {
    let git = |arguments: &[&str]| {
        output(Command::new("git").args(arguments).current_dir(root())).unwrap_or_default()
    };
    let revision = git(&["rev-parse", "HEAD"]);
    match revision.trim() {
        "" => "unknown".to_owned(),
        revision if git(&["status", "--porcelain"]).is_empty() => revision.to_owned(),
        revision => format!("{revision}-dirty"),
    }
}

fn docker(products: &[Product]) -> Result {
    let mut bake = Command::new("docker");
    bake.args(["buildx", "bake"])
        .args(products.iter().map(|product| product.name))
        .env("VERSION", VERSION)
        .env("REVISION", revision())
        .current_dir(root());
    for product in products {
        let path = folder().join(format!("{}.tar", product.name));
        bake.arg("--set").arg(format!(
            "{}.output=type=docker,dest={},compression=uncompressed,rewrite-timestamp=true",
            product.name,
            path.display()
        ));
    }
    run_program(&mut bake)
}

fn nix() -> Result {
    let link = folder().join("nix");
    run_program(
        Command::new("nix")
            .args(EXPERIMENTAL)
            .args(["build", ".#images", "--out-link"])
            .arg(&link)
            .current_dir(root()),
    )?;
    for product in PRODUCTS {
        let name = format!("{}.tar", product.name);
        // What lies in the store cannot be written.
        let bytes = fs::read(link.join(&name))?;
        fs::write(folder().join(name), bytes)?;
    }
    Ok(())
}

/// The base image that the Dockerfile names.
pub(super) fn base_image(dockerfile: &Path) -> Result<String> {
    let text = fs::read_to_string(dockerfile)?;
    text.lines()
        .find_map(|line| line.strip_prefix("ARG RUST_IMAGE="))
        .map(str::to_owned)
        .ok_or_else(|| format!("{}: no ARG RUST_IMAGE", dockerfile.display()).into())
}
