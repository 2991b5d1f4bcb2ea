//! The image of the log shipper, for machines whose pods reach no registry of images: syslog-ng as
//! Debian packages it, and the libraries that it needs.

use std::{fs, path::PathBuf};

use super::images;
use crate::{
    Result,
    buildah::Store,
    process::{run, target},
};

/// The image's name.
pub(super) const IMAGE: &str = "todo-log-shipper:debian";
const PACKAGES: &str = "syslog-ng-core,syslog-ng-mod-http";

/// Builds it and gives its archive.
pub(super) fn build() -> Result<PathBuf> {
    let store = Store::new()?;
    let context = store.folder("context")?;
    images::debian(PACKAGES, &context.join("root.tar"))?;
    fs::write(context.join("Dockerfile"), "FROM scratch\nADD root.tar /\n")?;
    run(store.bud(IMAGE).arg("--quiet").arg(&context))?;
    fs::create_dir_all(target())?;
    let archive = target().join("todo-log-shipper.tar");
    store.write(IMAGE, &archive)?;
    Ok(archive)
}
