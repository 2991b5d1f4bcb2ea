//! The image of the log shipper, for machines whose pods reach no registry of images: syslog-ng as
//! Debian packages it, and the libraries that it needs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Result,
    process::{run, target},
    tools,
};

/// The image's name.
pub(super) const IMAGE: &str = "todo-log-shipper:debian";
/// The release of Debian, whose syslog-ng is of the same line as the image of the chart.
const RELEASE: &str = "trixie";
/// `base-files` has the links that make `/lib` the same as `/usr/lib`.
const PACKAGES: &str = "base-files,syslog-ng-core,syslog-ng-mod-http";

/// Builds it and gives its archive.
pub(super) fn build() -> Result<PathBuf> {
    tools::mmdebstrap()?;
    tools::buildah()?;
    fs::create_dir_all(target())?;
    let archive = target().join("todo-log-shipper.tar");
    if archive.exists() {
        // buildah does not write over an archive.
        fs::remove_file(&archive)?;
    }
    let folder = tempfile::tempdir()?;
    let context = folder.path().join("context");
    fs::create_dir(&context)?;
    run(Command::new("mmdebstrap")
        .args(["--quiet", "--variant=extract"])
        .arg(format!("--include={PACKAGES}"))
        .arg(RELEASE)
        .arg(context.join("root.tar")))?;
    fs::write(context.join("Dockerfile"), "FROM scratch\nADD root.tar /\n")?;
    let image = format!("localhost/{IMAGE}");
    run(buildah(folder.path())
        .args([
            "bud",
            "--quiet",
            "--isolation",
            "chroot",
            "--format",
            "docker",
            "--tag",
            &image,
        ])
        .arg(&context))?;
    let to = format!("docker-archive:{}:{IMAGE}", archive.display());
    run(buildah(folder.path()).args(["push", "--quiet", &image, &to]))?;
    Ok(archive)
}

/// buildah with a store in that folder.
fn buildah(folder: &Path) -> Command {
    let mut command = Command::new("buildah");
    command
        .args(["--storage-driver", "vfs", "--root"])
        .arg(folder.join("storage"))
        .arg("--runroot")
        .arg(folder.join("run"));
    command
}
