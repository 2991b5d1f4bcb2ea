//! What the tests need beside Rust: it is installed where we may, or named where we may not.

use std::{env, fs, path::PathBuf, process::Command, sync::Once};

use crate::{
    Result,
    process::{cargo, root, run, target, works},
};

/// The version of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// A server for the tests of the production database.
pub(crate) fn postgres() -> Result {
    ensure(
        "a PostgreSQL server",
        &["postgresql"],
        todo_test_postgres::find_binaries().is_some(),
    )
}

/// A browser to look at the pages with.
pub(crate) fn chromium() -> Result {
    let found = env::var_os("CHROMIUM").is_some()
        || ["chromium", "chromium-browser", "google-chrome"]
            .iter()
            .any(|program| works(program, &["--version"]));
    // Where programs are not on the PATH, the tests look themselves and say what is missing.
    ensure(
        "Chromium",
        &["chromium"],
        found || cfg!(target_os = "macos"),
    )
}

/// Makes a film of pictures.
pub(crate) fn ffmpeg() -> Result {
    ensure("ffmpeg", &["ffmpeg"], works("ffmpeg", &["-version"]))
}

/// Node.js, for the client of the earlier phases and for a model server.
pub(crate) fn node() -> Result {
    let found = works("node", &["--version"]) && works("npm", &["--version"]);
    ensure("Node.js", &["nodejs", "npm"], found)
}

/// A load generator.
pub(crate) fn wrk() -> Result {
    ensure("wrk", &["wrk"], is_on_path("wrk"))
}

/// Python with the means to make an environment, for Schemathesis.
pub(crate) fn python() -> Result {
    let found = works("python3", &["-c", "import ensurepip, venv"]);
    ensure("Python", &["python3", "python3-venv"], found)
}

/// A reverse proxy as operators have it.
pub(crate) fn nginx() -> Result {
    ensure("nginx", &["nginx-light"], works("nginx", &["-v"]))
}

/// Builds images without a daemon.
pub(crate) fn buildah() -> Result {
    let found = works("buildah", &["--version"]);
    ensure("buildah", &["buildah", "ca-certificates"], found)
}

/// Unpacks Debian's packages.
pub(crate) fn mmdebstrap() -> Result {
    let found = works("mmdebstrap", &["--version"]);
    ensure("mmdebstrap", &["mmdebstrap"], found)
}

/// Reads the flake.
pub(crate) fn nix() -> Result {
    let found = works("nix", &["--version"]);
    ensure("Nix", &["nix-bin"], found)
}

/// Runs containers without a daemon: the name of the program.
pub(crate) fn container_runtime() -> Result<&'static str> {
    let found = || {
        ["runc", "crun"]
            .into_iter()
            .find(|runtime| works(runtime, &["--version"]))
    };
    ensure("a container runtime", &["runc"], found().is_some())?;
    found().ok_or_else(|| "runc is missing".into())
}

/// A Python environment with the packages of `tests/<sources>/requirements.txt`, installed again
/// only when that list has changed. Returns its folder, with the programs in `bin/`.
pub(crate) fn python_packages(sources: &str) -> Result<PathBuf> {
    let list = root().join("tests").join(sources).join("requirements.txt");
    let folder = target().join("tools").join(sources);
    let installed = folder.join("installed");
    if fs::read(&installed).ok() != Some(fs::read(&list)?) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .arg("--requirement")
            .arg(&list))?;
        fs::copy(list, installed)?;
    }
    Ok(folder)
}

/// Checks licences, bans and sources of the dependencies.
pub(crate) fn cargo_deny() -> Result<Command> {
    let folder = target().join("tools");
    let installed = folder.join("bin/cargo-deny");
    if works("cargo-deny", &["--version"]) {
        return Ok(Command::new("cargo-deny"));
    }
    if !works(&installed, &["--version"]) {
        println!(
            "Installing cargo-deny {CARGO_DENY} into {}",
            folder.display()
        );
        run(cargo()
            .args(["install", "--quiet", "--locked", "--root"])
            .arg(&folder)
            .args(["cargo-deny", "--version", CARGO_DENY])
            // Its build is of no use to ours.
            .env("CARGO_TARGET_DIR", folder.join("build")))?;
    }
    Ok(Command::new(installed))
}

/// Programs for Kubernetes, which Debian does not have, and where they come from.
const FOR_KUBERNETES: [(&str, &str); 6] = [
    ("helm", "https://helm.sh/docs/intro/install"),
    (
        "kustomize",
        "https://kubectl.docs.kubernetes.io/installation/kustomize",
    ),
    ("kubectl", "https://kubernetes.io/docs/tasks/tools"),
    ("kubeconform", "https://github.com/yannh/kubeconform"),
    ("kube-score", "https://github.com/zegl/kube-score"),
    ("minikube", "https://minikube.sigs.k8s.io/docs/start"),
];

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Programs for Kubernetes that must be on the PATH.
pub(crate) fn on_path(programs: &[&str]) -> Result {
    let missing: Vec<String> = FOR_KUBERNETES
        .iter()
        .filter(|(name, _)| programs.contains(name) && !is_on_path(name))
        .map(|(name, source)| format!("{name} ({source})"))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "missing on the PATH: {}; install what is missing, or enter `nix develop`",
        missing.join(", ")
    )
    .into())
}

/// Installs Debian packages when something is missing and we can.
fn ensure(what: &str, packages: &[&str], there: bool) -> Result {
    static LISTS: Once = Once::new();
    if there {
        return Ok(());
    }
    let install = format!("apt-get install {}", packages.join(" "));
    if !(is_root() && works("apt-get", &["--version"])) {
        return Err(format!("{what} is missing; install it, on Debian with `{install}`").into());
    }
    println!("{what} is missing: running `{install}`");
    LISTS.call_once(|| {
        // Without fresh lists the installation may still succeed; if not, it says why.
        let _ = run(Command::new("apt-get").args(["update", "-qq"]));
    });
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
