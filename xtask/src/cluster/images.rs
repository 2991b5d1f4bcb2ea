//! Images onto the nodes of the cluster.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    process::{output, run},
    tools,
};

/// The release of Debian, whose syslog-ng is of the same line as the image of the chart.
const RELEASE: &str = "trixie";

/// Loads archives with the command that `IMAGE_LOADER` names, or else into Minikube.
pub(super) fn load(archives: &[PathBuf]) -> Result {
    if archives.is_empty() {
        return Ok(());
    }
    if let Some(loader) = env::var_os("IMAGE_LOADER") {
        return run(Command::new(loader).args(archives));
    }
    for archive in archives {
        // From standard input: by name, Minikube skips a file of the same size and time.
        run(Command::new("minikube")
            .args(["image", "load", "-"])
            .stdin(File::open(archive)?))?;
    }
    Ok(())
}

/// The files of Debian's packages as an archive, for images where no registry can be reached.
/// `base-files` has the links that make `/lib` the same as `/usr/lib`.
pub(super) fn debian(packages: &str, archive: &Path) -> Result {
    tools::mmdebstrap()?;
    run(Command::new("mmdebstrap")
        .args(["--quiet", "--variant=extract"])
        .arg(format!("--include=base-files,{packages}"))
        .arg(RELEASE)
        .arg(archive))
}

/// The tag of the image in an archive, as `NAME:TAG` in its manifest.
pub(super) fn tag(archive: &Path) -> Result<String> {
    let manifest = output(
        Command::new("tar")
            .args(["--extract", "--to-stdout", "--file"])
            .arg(archive)
            .arg("manifest.json"),
    )?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    manifest
        .pointer("/0/RepoTags/0")
        .and_then(|name| name.as_str())
        .and_then(|name| name.rsplit_once(':'))
        .map(|(_, tag)| tag.to_owned())
        .ok_or_else(|| format!("{} names no image", archive.display()).into())
}

/// The image of one of the two servers among the archives.
pub(super) fn of<'a>(server: &str, archives: &'a [PathBuf]) -> Option<&'a PathBuf> {
    archives.iter().find(|archive| {
        archive
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains(server))
    })
}
