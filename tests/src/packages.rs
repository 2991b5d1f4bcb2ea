//! Clients and tools that others wrote, from npm and PyPI: the versions are pinned in a folder of
//! `tests/`, and what it lists is installed again only when the list has changed.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use tempfile::NamedTempFile;

/// Tests of one program run side by side; its packages are installed once.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The packages of `tests/<sources>/package-lock.json`, in a folder with the other files of
/// `sources`, so that scripts find what they import. Returns that folder.
///
/// # Panics
/// When npm is missing, with what to type, or fails, with what it said.
#[must_use]
#[track_caller]
pub fn npm(sources: &str) -> PathBuf {
    install(sources, "package-lock.json", |folder| {
        let hint = "Node.js and npm are needed: install them, on Debian with `apt-get install npm`";
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .args(["--loglevel", "error"])
            .current_dir(folder);
        run(&mut npm, hint);
    })
}

/// A Python environment with the packages of `tests/<sources>/requirements.txt`. Returns its
/// folder, with the programs in `bin/`.
///
/// # Panics
/// When Python is missing, with what to type, or pip fails, with what it said.
#[must_use]
#[track_caller]
pub fn pip(sources: &str) -> PathBuf {
    install(sources, "requirements.txt", |folder| {
        let hint = "Python is needed: install it, on Debian with `apt-get install python3-venv`";
        run(
            Command::new("python3").args(["-m", "venv"]).arg(folder),
            hint,
        );
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--requirement", "requirements.txt"])
            .current_dir(folder);
        run(&mut pip, hint);
    })
}

/// As [`pip`], with that version of Python, which uv finds or gets.
///
/// # Panics
/// When there is no such Python, with what to type, or uv fails, with what it said.
#[must_use]
#[track_caller]
pub fn uv(sources: &str, version: &str) -> PathBuf {
    let uv = pip("uv").join("bin/uv");
    install(sources, "requirements.txt", |folder| {
        let uv = |arguments: &[&str]| {
            let mut uv = Command::new(&uv);
            uv.args(arguments)
                .arg("--quiet")
                .env("PATH", with_versions_of_pyenv(version))
                .env("VIRTUAL_ENV", folder)
                .current_dir(folder);
            run(&mut uv, "uv is needed");
        };
        uv(&["venv", "--allow-existing", "--python", version, "."]);
        uv(&["pip", "install", "--requirement", "requirements.txt"]);
    })
}

/// The search path, with the Pythons before it that pyenv keeps and does not show.
fn with_versions_of_pyenv(version: &str) -> OsString {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".pyenv")));
    let kept = root.and_then(|root| fs::read_dir(root.join("versions")).ok());
    let fitting = kept
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter(|kept| kept.file_name().to_string_lossy().starts_with(version))
        .map(|kept| kept.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths(fitting.chain(env::split_paths(&path))).unwrap_or(path)
}

/// Runs a program to its end and returns what it printed.
///
/// # Panics
/// When it cannot be run, with the hint, or fails, with all that it printed.
#[track_caller]
pub fn run(command: &mut Command, hint: &str) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{hint} ({error})"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// Copies the folder of `tests/` and installs there, unless the list is the one of last time.
#[track_caller]
fn install(sources: &str, list: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(sources);
    let test = env::current_exe().unwrap();
    let target = test.ancestors().nth(3).expect("target/…/deps/test");
    let folder = target.join("tmp").join(sources);
    fs::create_dir_all(&folder).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        // A test that uses the folder already reads a whole file, the old or the new one.
        let whole = NamedTempFile::new_in(&folder).unwrap();
        fs::copy(file.path(), whole.path()).unwrap();
        whole.persist(folder.join(file.file_name())).unwrap();
    }
    let installed = folder.join("installed");
    if fs::read(&installed).ok() != fs::read(folder.join(list)).ok() {
        install(&folder);
        fs::copy(folder.join(list), installed).unwrap();
    }
    folder
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn files_are_whole_while_another_test_asks_for_the_same_packages() {
        let written = Path::new(env!("CARGO_MANIFEST_DIR")).join("aimock/operations.json");
        let written = fs::read(written).unwrap();
        let folder = npm("aimock");
        let others = thread::spawn(|| {
            for _ in 0..100 {
                let _ = npm("aimock");
            }
        });
        while !others.is_finished() {
            assert!(fs::read(folder.join("operations.json")).unwrap() == written);
        }
        others.join().unwrap();
    }
}
