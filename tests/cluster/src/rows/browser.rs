//! What a person sees, through the Ingress.

use std::env;

use tokio::process::Command;

use super::Stage;
use crate::Result;

/// A story of `tests/browser`, which is told to any installation.
const STORY: &str = "first_use::a_task_is_added_by_talking_to_an_installation";

pub(super) async fn story(stage: &mut Stage) -> Result<String> {
    let mut cargo = Command::new("cargo");
    // What cargo tells us of our own package would look to build scripts like a change.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    // The whole workspace, as the tests were built before.
    let output = cargo
        .args(["test", "--quiet", "--workspace", "--test", "browser", "--"])
        .args(["--ignored", "--exact", STORY])
        .env("SITE_URL", &stage.site.url)
        .env("SITE_ADDRESS", stage.stays.address.to_string())
        .kill_on_drop(true)
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && said.contains("1 passed") {
        Ok("signed up, talked and found the task, with scripts and without".to_owned())
    } else {
        let error = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}{}", said.trim(), error.trim()).into())
    }
}
