//! Wrong values are refused, in a sentence that helps.

use std::process::Command;

use super::{Mistake, objects::chart};
use crate::Result;

/// A wrong value, and what the refusal must say.
const WRONG: [(&str, &[&str]); 17] = [
    ("ingres.enabled=true", &["ingres", "not allowed"]),
    (
        "backend.replicas=3",
        &["backend:", "'replicas' not allowed"],
    ),
    ("global.hots=x", &["hots"]),
    (
        "backend.replicaCount=two",
        &["backend:", "/replicaCount", "want integer"],
    ),
    ("global.host=https://todo.local", &["/global/host"]),
    ("tls.source=magic", &["/tls/source", "self-signed"]),
    ("backend.image.digest=abc", &["backend:", "/image/digest"]),
    (
        "backend.image.tag=latest",
        &["the tag \"latest\"", "Set backend.image.tag to a version"],
    ),
    (
        "frontend.image.tag=latest",
        &["the tag \"latest\"", "Set frontend.image.tag to a version"],
    ),
    (
        "backend.config.JWT_SECRET=x",
        &["backend.config.JWT_SECRET is a secret"],
    ),
    (
        "frontend.config.SHUTDOWN_DELAY=1s",
        &["frontend.config.SHUTDOWN_DELAY belongs to the chart"],
    ),
    (
        "logs.enabled=true,logs.loki.retention=7d",
        &["logs:", "/loki", "'retention' not allowed"],
    ),
    (
        "logs.enabled=true,logs.shipper.image.tag=latest",
        &["logs:", "/shipper/image/tag"],
    ),
    ("httpRoute.enabled=true", &["served twice"]),
    (
        "httpRoute.enabled=true,ingress.enabled=false",
        &["httpRoute.parentRefs"],
    ),
    ("tls.source=cert-manager", &["tls.certManager.issuer"]),
    (
        "frontend.autoscaling.enabled=true,frontend.autoscaling.minReplicas=9",
        &["minReplicas (9) is above maxReplicas (6)"],
    ),
];

pub(super) fn check() -> Result<Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (values, words) in WRONG {
        let output = Command::new("helm")
            .args(["template", "todo", ".", "--set", values])
            .current_dir(chart())
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            mistakes.push(format!("`--set {values}` is accepted."));
        } else if let Some(word) = words.iter().find(|word| !said.contains(**word)) {
            mistakes.push(format!(
                "The refusal of `--set {values}` does not say {word:?} but: {}",
                said.trim()
            ));
        }
    }
    Ok(mistakes)
}
