//! Builds the Dockerfile where there is no Docker: with buildah, which needs no daemon, and with a
//! base image made of this machine's own toolchain instead of one from a registry.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use super::{
    build::{base_image, revision},
    product::Product,
};
use crate::{
    Result,
    buildah::Store,
    process::{output, root, run},
};

/// Builds in a store that is gone afterwards.
pub(super) struct Buildah {
    store: Store,
    /// The folders of this machine that the build sees, read-only.
    mounts: Vec<String>,
}

/// What lies where in the base image. Its programs are not copied but mounted.
const LINKS: [&str; 4] = ["bin", "lib", "lib64", "sbin"];
const FOLDERS: [&str; 5] = ["etc/alternatives", "etc/ssl/certs", "root", "tmp", "usr"];
const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";
const BASE: &str = "FROM scratch
COPY files/ /
ENV PATH=/toolchain/bin:/usr/bin
";

impl Buildah {
    /// Makes the store and, in it, the base image.
    pub(super) fn new() -> Result<Self> {
        let store = Store::new()?;
        let toolchain = output(
            Command::new("rustc")
                .args(["--print", "sysroot"])
                .current_dir(root()),
        )?;
        let buildah = Self {
            store,
            mounts: vec![
                "/usr:/usr:ro".to_owned(),
                "/etc/alternatives:/etc/alternatives:ro".to_owned(),
                format!("{}:/toolchain:ro", toolchain.trim()),
            ],
        };
        buildah.make_base()?;
        Ok(buildah)
    }

    fn make_base(&self) -> Result {
        let context = self.store.folder("base")?;
        let files = context.join("files");
        for folder in FOLDERS {
            fs::create_dir_all(files.join(folder))?;
        }
        for name in LINKS {
            symlink(format!("usr/{name}"), files.join(name))?;
        }
        fs::copy(Path::new("/").join(CERTIFICATES), files.join(CERTIFICATES))
            .map_err(|error| format!("/{CERTIFICATES}: {error}"))?;
        fs::write(context.join("Dockerfile"), BASE)?;
        let name = base_image(&root().join("Dockerfile"))?;
        run(self
            .store
            .bud(&name)
            .args(["--quiet", "--timestamp", "0"])
            .arg(&context))
    }

    /// Builds images from the sources in `context` and writes their archives.
    pub(super) fn build(&self, context: &Path, archives: &Path, products: &[Product]) -> Result {
        for product in products {
            let version = product.version;
            let image = format!("{}:{version}", product.program);
            let mut build = self.store.bud(&image);
            // With layers, an image takes the programs that the one before built.
            build
                .args(["--layers", "--identity-label=false"])
                .args(["--timestamp", "0", "--target", product.name])
                .args(["--build-arg", &format!("VERSION={version}")])
                .args(["--build-arg", &format!("REVISION={}", revision())]);
            for mount in &self.mounts {
                build.args(["--volume", mount]);
            }
            run(build.arg(context))?;
            let archive = archives.join(format!("{}.tar", product.name));
            self.store.write(&image, &archive)?;
        }
        Ok(())
    }
}
