//! buildah, which builds images without a daemon, with a store that is gone afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    Result,
    process::{output, run},
    tools,
};

/// A store of images and layers. Dropping it removes all of it.
pub(crate) struct Store {
    folder: TempDir,
    driver: &'static str,
}

impl Store {
    pub(crate) fn new() -> Result<Self> {
        tools::buildah()?;
        let mut store = Self {
            folder: tempfile::tempdir()?,
            driver: "overlay",
        };
        // What works anywhere copies all of an image for each layer.
        if output(&mut store.command("info")).is_err() {
            store.driver = "vfs";
        }
        Ok(store)
    }

    /// A folder in the store for what is built from.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// The command that builds `localhost/IMAGE`; it wants the context as its last argument.
    pub(crate) fn bud(&self, image: &str) -> Command {
        let mut bud = self.command("bud");
        bud.args(["--isolation", "chroot", "--format", "docker"])
            .args(["--tag", &format!("localhost/{image}")]);
        bud
    }

    /// Writes a built image as an archive.
    pub(crate) fn write(&self, image: &str, archive: &Path) -> Result {
        if archive.exists() {
            // buildah does not write over an archive.
            fs::remove_file(archive)?;
        }
        let target = format!("docker-archive:{}:{image}", archive.display());
        run(self
            .command("push")
            .args(["--quiet", &format!("localhost/{image}"), &target]))
    }

    /// A command on this store.
    fn command(&self, name: &str) -> Command {
        let folder = self.folder.path();
        let mut command = Command::new("buildah");
        command
            .args(["--storage-driver", self.driver, "--root"])
            .arg(folder.join("storage"))
            .arg("--runroot")
            .arg(folder.join("run"))
            .arg(name)
            // Its cache mounts lie there.
            .env("TMPDIR", folder);
        command
    }
}
