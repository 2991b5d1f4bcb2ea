//! The image of the log shipper, for machines whose pods reach no registry of images: syslog-ng as
//! Debian packages it, and the libraries that it needs.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    Result,
    buildah::Store,
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
    let store = Store::new()?;
    let context = store.folder("context")?;
    run(Command::new("mmdebstrap")
        .args(["--quiet", "--variant=extract"])
        .arg(format!("--include={PACKAGES}"))
        .arg(RELEASE)
        .arg(context.join("root.tar")))?;
    fs::write(context.join("Dockerfile"), "FROM scratch\nADD root.tar /\n")?;
    run(store.bud(IMAGE).arg("--quiet").arg(&context))?;
    fs::create_dir_all(target())?;
    let archive = target().join("todo-log-shipper.tar");
    store.write(IMAGE, &archive)?;
    Ok(archive)
}
