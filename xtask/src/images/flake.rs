//! What a real Nix says of the flake without a network: each file parses, and the lock file is
//! complete. `nix flake check` does the rest, where nixpkgs can be had.

use std::{fs, process::Command};

use crate::{
    Result,
    process::{output, root},
    tools,
};

/// Nix calls its command and flakes experimental.
pub(super) const EXPERIMENTAL: [&str; 2] = ["--extra-experimental-features", "nix-command flakes"];

/// Fails with what Nix says.
pub(super) fn check() -> Result {
    tools::nix()?;
    let mut files = vec![root().join("flake.nix")];
    for entry in fs::read_dir(root().join("nix"))? {
        files.push(entry?.path());
    }
    for file in &files {
        output(Command::new("nix-instantiate").arg("--parse").arg(file))?;
    }
    // Fails if the lock file lacks an input, or has one that the flake asks for differently. In a
    // folder without `target`, of which Nix would take a copy.
    let flake = super::folder().join("flake");
    fs::create_dir_all(&flake)?;
    for name in ["flake.nix", "flake.lock"] {
        fs::copy(root().join(name), flake.join(name))?;
    }
    let flake = format!("path:{}", flake.canonicalize()?.display());
    output(Command::new("nix").args(EXPERIMENTAL).args([
        "flake",
        "metadata",
        "--no-update-lock-file",
        &flake,
    ]))?;
    println!(
        "{} files of the flake parse, and its lock file is complete",
        files.len()
    );
    Ok(())
}
