//! A headless Chromium, driven the way a person uses it: things are found by the role and the name
//! that assistive technology is told, clicked where they lie, and typed into key by key.

mod cdp;
mod page;

use std::{env, path::PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use cdp::{Connection, Process};
pub use page::{Page, Picture, Violation};

/// Where Chromium may lie; `CHROMIUM` overrides.
const PROGRAMS: &[&str] = &[
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// One browser process.
pub struct Browser {
    connection: Connection,
    _process: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser with an empty profile. It ends with the value.
    ///
    /// # Panics
    /// When the machine has no Chromium: the text says what to install.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with more arguments, such as where the names of hosts lead.
    ///
    /// # Panics
    /// As [`Browser::start`].
    pub async fn start_with(more: &[String]) -> Self {
        let program = find_program().expect(
            "Chromium is needed: install it, on Debian with `apt-get install chromium`, \
             or set CHROMIUM to its path",
        );
        let profile = tempfile::tempdir().expect("a temporary folder");
        let arguments = [
            "--headless",
            // Its sandbox needs privileges that containers lack; it sees only our own pages.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-default-browser-check",
            "--hide-scrollbars",
            // A mouse, which a machine without a screen lacks: fine, and able to hover.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,\
             availablePointerTypes=4",
            "--force-color-profile=srgb",
            "--lang=en-GB",
        ];
        let arguments: Vec<String> = arguments
            .map(str::to_owned)
            .into_iter()
            .chain([format!("--user-data-dir={}", profile.path().display())])
            .chain(more.iter().cloned())
            .collect();
        let log = std::fs::File::create(profile.path().join("log")).expect("a log file");
        let (process, connection) = cdp::launch(&program, &arguments, log);
        Self {
            connection,
            _process: process,
            _profile: profile,
        }
    }

    /// A person on a device of their own: cookies and storage are shared with nobody.
    pub async fn person(&self) -> Person {
        let context = self.call("Target.createBrowserContext", json!({})).await;
        Person {
            connection: self.connection.clone(),
            context: text(&context, "browserContextId"),
        }
    }

    async fn call(&self, method: &str, parameters: Value) -> Value {
        self.connection
            .call(None, method, parameters)
            .await
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Cookies and storage of one person, who may have several tabs.
pub struct Person {
    connection: Connection,
    context: String,
}

impl Person {
    /// Opens an empty tab, the size of a laptop's window.
    ///
    /// It comes before the others of its window, which are hidden then.
    pub async fn tab(&self) -> Page {
        Page::open(self.connection.clone(), &self.context, false).await
    }

    /// Opens a tab in a window of its own, beside those that are there.
    pub async fn window(&self) -> Page {
        Page::open(self.connection.clone(), &self.context, true).await
    }
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

/// The program to start.
#[must_use]
pub fn find_program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::var_os("CHROMIUM").map(PathBuf::from).or_else(|| {
        PROGRAMS.iter().find_map(|program| {
            env::split_paths(&path)
                .map(|folder| folder.join(program))
                .find(|file| file.is_file())
        })
    })
}
