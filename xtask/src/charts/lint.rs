//! The linters that others wrote.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use super::{Mistake, exceptions, objects};
use crate::{
    Result,
    process::{run, with_input},
};

/// `helm lint --strict` with each set of values, and the charts inside alone.
pub(super) fn charts() -> Result {
    let lint = || {
        let mut helm = Command::new("helm");
        helm.args(["lint", "--strict", "--quiet"])
            .current_dir(objects::chart());
        helm
    };
    run(lint().args([".", "charts/backend", "charts/frontend", "charts/logs"]))?;
    for values in ["values-dev.yaml", "values-prod.yaml"] {
        run(lint().args([".", "--values", values]))?;
    }
    Ok(())
}

/// What kube-score finds in rendered objects.
pub(super) fn score(way: &str, yaml: &str) -> Result<Vec<Mistake>> {
    let mut command = Command::new("kube-score");
    command.args(["score", "--output-format=ci"]);
    for (test, _reason) in exceptions::KUBE_SCORE {
        command.args(["--ignore-test", test]);
    }
    let said = with_input(command.arg("-"), yaml)?;
    Ok(said
        .lines()
        .filter(|line| !line.starts_with("[OK]") && !line.starts_with("[SKIPPED]"))
        .map(|line| format!("{way}: kube-score: {line}"))
        .collect())
}

/// `kubeconform`, strict, with the schemas of a folder.
pub(super) fn conforms(yaml: &str, schemas: &Path) -> Result {
    let location = schemas.join("{{ .ResourceKind }}{{ .KindSuffix }}.json");
    let mut child = Command::new("kubeconform")
        .args(["-strict", "-summary", "-schema-location"])
        .arg(location)
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(yaml.as_bytes())?;
    }
    if child.wait()?.success() {
        Ok(())
    } else {
        Err("kubeconform found something".into())
    }
}
