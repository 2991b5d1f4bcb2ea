//! The directory in which `todo` keeps everything, for its owner's eyes only: the database and
//! the secret that signs tokens.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::app_strategy::{AppStrategy, AppStrategyArgs, choose_native_strategy};
use rand::Rng;

const DATABASE: &str = "todo.db";
const SECRET: &str = "jwt-secret";
const SECRET_BYTES: usize = 32;

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataError {
    #[error(
        "there is no home directory to keep the data in. Name a directory: todo --data-dir DIRECTORY"
    )]
    Homeless,
    #[error("cannot use {path}: {source}. Name another directory: todo --data-dir DIRECTORY")]
    Unusable { path: PathBuf, source: io::Error },
}

/// A data directory that exists.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    is_new: bool,
}

impl DataDir {
    /// Opens a directory, and makes it if there is none. By default it is the one that the
    /// platform has for a program's data.
    pub(crate) fn open(path: Option<PathBuf>) -> Result<Self, DataError> {
        let path = match path {
            Some(path) => path,
            None => default_path()?,
        };
        create(&path).map_err(|source| DataError::Unusable {
            path: path.clone(),
            source,
        })?;
        let is_new = !path.join(DATABASE).exists();
        Ok(Self { path, is_new })
    }

    /// Whether there was no database yet when the directory was opened.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The secret that signs tokens, made at the first call.
    pub(crate) fn secret(&self) -> Result<String, DataError> {
        let path = self.path.join(SECRET);
        let unusable = |source| DataError::Unusable {
            path: path.clone(),
            source,
        };
        match fs::read_to_string(&path) {
            Ok(secret) if secret.len() >= SECRET_BYTES => return Ok(secret),
            // A start that was cut off left less than a whole secret.
            Ok(_) => fs::remove_file(&path).map_err(unusable)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unusable(error)),
        }
        match write_secret(&path) {
            // Another `todo` that started at the same time was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::read_to_string(&path).map_err(unusable)
            }
            written => written.map_err(unusable),
        }
    }
}

fn default_path() -> Result<PathBuf, DataError> {
    let strategy = choose_native_strategy(AppStrategyArgs {
        app_name: "Todo Chatbot".to_owned(),
        ..AppStrategyArgs::default()
    });
    strategy
        .map(|strategy| strategy.data_dir())
        .map_err(|_| DataError::Homeless)
}

fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn write_secret(path: &Path) -> io::Result<String> {
    let mut bytes = [0_u8; SECRET_BYTES];
    rand::rng().fill_bytes(&mut bytes);
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();

    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    Ok(secret)
}

/// While it lives, new files of this process are its owner's alone, those that the database makes
/// too.
#[derive(Debug)]
pub(crate) struct OwnerOnly {
    #[cfg(unix)]
    usual: rustix::fs::Mode,
}

impl OwnerOnly {
    pub(crate) fn begin() -> Self {
        Self {
            #[cfg(unix)]
            usual: rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077)),
        }
    }
}

#[cfg(unix)]
impl Drop for OwnerOnly {
    fn drop(&mut self) {
        rustix::process::umask(self.usual);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_kept() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        let first = DataDir::open(Some(path.clone())).unwrap();
        assert!(first.is_new());
        let secret = first.secret().unwrap();
        assert_eq!(secret.len(), 2 * SECRET_BYTES);

        fs::write(first.database(), "").unwrap();
        let second = DataDir::open(Some(path)).unwrap();
        assert!(!second.is_new());
        assert_eq!(second.secret().unwrap(), secret);
        let other = DataDir::open(Some(home.path().join("c"))).unwrap();
        assert_ne!(other.secret().unwrap(), secret);
    }

    #[test]
    fn a_secret_that_was_cut_off_is_made_anew() {
        let home = tempfile::tempdir().unwrap();
        let data = DataDir::open(Some(home.path().into())).unwrap();
        fs::write(home.path().join(SECRET), "").unwrap();
        let secret = data.secret().unwrap();
        assert_eq!(secret.len(), 2 * SECRET_BYTES);
        assert_eq!(data.secret().unwrap(), secret);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("data");
        let data = DataDir::open(Some(path.clone())).unwrap();
        data.secret().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join(SECRET)), 0o600);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataDir::open(Some(file.path().join("data")))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&file.path().display().to_string()),
            "{error}"
        );
    }
}
