//! Runs an image as a cluster would: with a read-only root, as its own user, without capabilities
//! and without the way to gain any. No daemon is needed, only `runc` or `crun` and root.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use serde_json::json;

use super::{archive::Image, config::Config};
use crate::{Result, process::run, tools};

/// An image that is unpacked, to be run once or more. Dropping it removes the files.
pub(super) struct Container {
    image: Config,
    bundle: PathBuf,
    runtime: &'static str,
}

/// A program that runs in a container. Dropping it ends it.
pub(super) struct Running {
    runtime: Command,
    child: Child,
}

/// Distinguishes the containers of this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

fn unique(what: &str) -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("todo-{what}-{}-{number}", std::process::id())
}

impl Container {
    /// Unpacks the image.
    pub(super) fn new(image: &Image) -> Result<Self> {
        let runtime = tools::container_runtime()?;
        let container = Self {
            image: image.config.clone(),
            bundle: std::env::temp_dir().join(unique("bundle")),
            runtime,
        };
        let root = container.bundle.join("rootfs");
        image.unpack(&root)?;
        // Nothing can be mounted where there is no folder.
        for folder in ["dev", "proc"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(container)
    }

    /// Runs the program to its end and takes what it prints.
    pub(super) fn output(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<String> {
        let (mut command, _) = self.command(arguments, variables)?;
        let output = command.stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!(
            "{arguments:?} in the container: {}\n{text}{errors}",
            output.status
        )
        .into())
    }

    /// Starts the image's own command, on the network of this machine.
    pub(super) fn start(&self, variables: &[(&str, &str)]) -> Result<Running> {
        let own: Vec<&str> = self.image.cmd.iter().map(String::as_str).collect();
        let (mut command, name) = self.command(&own, variables)?;
        let child = command.stdin(Stdio::null()).spawn()?;
        let mut runtime = Command::new(self.runtime);
        runtime.args(["kill", &name]);
        Ok(Running { runtime, child })
    }

    /// The command that runs the program, and the container's name.
    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Result<(Command, String)> {
        let name = unique("container");
        let (user, group) = self
            .image
            .ids()
            .ok_or("the image's user is not in numbers")?;
        let entrypoint = self.image.entrypoint.iter().map(String::as_str);
        let variables = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let environment: Vec<String> = self.image.env.iter().cloned().chain(variables).collect();
        // The file format is the OCI's runtime specification 1.0. Without a network namespace the
        // program is on this machine's network.
        let specification = json!({
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": user, "gid": group},
                "args": entrypoint.chain(arguments.iter().copied()).collect::<Vec<_>>(),
                "env": environment,
                "cwd": self.image.directory(),
                "capabilities": {},
                "noNewPrivileges": true
            },
            "root": {"path": self.bundle.join("rootfs"), "readonly": true},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
                 "options": ["nosuid", "mode=755", "size=64k"]}
            ],
            "linux": {"namespaces": [
                {"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}
            ]}
        });
        let bundle = self.bundle.join(&name);
        fs::create_dir_all(&bundle)?;
        fs::write(bundle.join("config.json"), specification.to_string())?;
        let mut command = Command::new(self.runtime);
        command.args(["run", "--bundle"]).arg(bundle).arg(&name);
        Ok((command, name))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // What stays lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.bundle);
    }
}

impl Running {
    /// Asks the program to end and waits; fails unless it says that it ended well.
    pub(super) fn stop(mut self) -> Result {
        run(self.runtime.arg("TERM"))?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the program in the container ended badly ({status})").into())
        }
    }

    /// Whether it has not ended.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.is_alive() {
            // Nobody is left to tell if it fails.
            let _ = self.runtime.arg("KILL").status();
            let _ = self.child.wait();
        }
    }
}
