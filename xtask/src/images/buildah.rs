//! Builds the Dockerfile where there is no Docker: with buildah, which needs no daemon, and with a
//! base image made of this machine's own toolchain instead of one from a registry.

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    build::{VERSION, base_image, revision},
    product::PRODUCTS,
};
use crate::{
    Result,
    process::{output, root, run},
    tools,
};

/// A store of images and layers of its own. Dropping it removes all of it.
pub(super) struct Buildah {
    folder: PathBuf,
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
        tools::buildah()?;
        let toolchain = output(
            Command::new("rustc")
                .args(["--print", "sysroot"])
                .current_dir(root()),
        )?;
        let buildah = Self {
            folder: env::temp_dir().join(format!("todo-buildah-{}", std::process::id())),
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
        let context = self.folder.join("base");
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
            .command("bud")
            .args(["--quiet", "--isolation", "chroot", "--format", "docker"])
            .args(["--timestamp", "0", "--tag"])
            .arg(format!("localhost/{name}"))
            .arg(&context))
    }

    /// Builds both images from the sources in `context` and writes their archives.
    pub(super) fn build(&self, context: &Path, archives: &Path) -> Result {
        for product in PRODUCTS {
            let name = format!("localhost/{}:{VERSION}", product.program);
            let mut build = self.command("bud");
            // With layers, the second image takes the programs that the first one built.
            build
                .args([
                    "--isolation",
                    "chroot",
                    "--format",
                    "docker",
                    "--layers",
                    "--identity-label=false",
                ])
                .args(["--timestamp", "0", "--target", product.name, "--tag", &name])
                .args(["--build-arg", &format!("VERSION={VERSION}")])
                .args(["--build-arg", &format!("REVISION={}", revision())]);
            for mount in &self.mounts {
                build.args(["--volume", mount]);
            }
            run(build.arg(context))?;

            let archive = archives.join(format!("{}.tar", product.name));
            if archive.exists() {
                // buildah does not write over an archive.
                fs::remove_file(&archive)?;
            }
            let tag = format!("{}:{VERSION}", product.program);
            let target = format!("docker-archive:{}:{tag}", archive.display());
            run(self.command("push").args(["--quiet", &name, &target]))?;
        }
        Ok(())
    }

    /// A command on this store.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new("buildah");
        command
            .args(["--storage-driver", "vfs", "--root"])
            .arg(self.folder.join("storage"))
            .arg("--runroot")
            .arg(self.folder.join("run"))
            .arg(name)
            // Its cache mounts lie there.
            .env("TMPDIR", &self.folder);
        command
    }
}

impl Drop for Buildah {
    fn drop(&mut self) {
        // What stays lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
