//! Where a rule or a linter is not followed, and why. This is the only such place.

use std::sync::Mutex;

use super::{Mistake, Object};

/// An object that a rule does not hold for.
struct Exception {
    rule: &'static str,
    /// `Kind/name`.
    object: &'static str,
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 17] = [
    Exception {
        rule: "high-user-id",
        object: "StatefulSet/todo-database",
        reason: "the official PostgreSQL image owns its data as 999",
    },
    Exception {
        rule: "several-replicas",
        object: "StatefulSet/todo-database",
        reason: "a database for development is one pod",
    },
    Exception {
        rule: "disruption-budget",
        object: "StatefulSet/todo-database",
        reason: "a budget for one pod would keep its node from being emptied",
    },
    Exception {
        rule: "spread",
        object: "StatefulSet/todo-database",
        reason: "there is nothing to spread with one pod",
    },
    Exception {
        rule: "rolling-update",
        object: "StatefulSet/todo-database",
        reason: "its volume can be mounted once, so the old pod goes first",
    },
    Exception {
        rule: "http-probes",
        object: "StatefulSet/todo-database",
        reason: "PostgreSQL speaks no HTTP; pg_isready and an open port tell",
    },
    Exception {
        rule: "several-replicas",
        object: "StatefulSet/todo-loki",
        reason: "one process alone writes to the volume",
    },
    Exception {
        rule: "disruption-budget",
        object: "StatefulSet/todo-loki",
        reason: "a budget for one pod would keep its node from being emptied",
    },
    Exception {
        rule: "spread",
        object: "StatefulSet/todo-loki",
        reason: "there is nothing to spread with one pod",
    },
    Exception {
        rule: "rolling-update",
        object: "StatefulSet/todo-loki",
        reason: "its volume can be mounted once; meanwhile lines wait in the nodes' files",
    },
    Exception {
        rule: "high-user-id",
        object: "DaemonSet/todo-log-shipper",
        reason: "only the group of root may read the logs of containers; its user is 65532",
    },
    Exception {
        rule: "no-host",
        object: "DaemonSet/todo-log-shipper",
        reason: "the logs of containers are files of the node, which it mounts read-only",
    },
    Exception {
        rule: "http-probes",
        object: "DaemonSet/todo-log-shipper",
        reason: "syslog-ng speaks no HTTP; its own program asks it by a socket",
    },
    Exception {
        rule: "several-replicas",
        object: "DaemonSet/todo-log-shipper",
        reason: "there is one on each node",
    },
    Exception {
        rule: "disruption-budget",
        object: "DaemonSet/todo-log-shipper",
        reason: "emptying a node leaves the pods of a DaemonSet there",
    },
    Exception {
        rule: "spread",
        object: "DaemonSet/todo-log-shipper",
        reason: "there is one on each node",
    },
    Exception {
        rule: "rolling-update",
        object: "DaemonSet/todo-log-shipper",
        reason: "two on one node would read every file twice; meanwhile lines wait in the files",
    },
];

/// Tests of kube-score that are left out, with the reason.
pub(super) const KUBE_SCORE: [(&str, &str); 2] = [
    (
        "container-image-pull-policy",
        "a tag is a version and never changes, and a node that has the image must start without a registry",
    ),
    (
        "container-security-context-user-group-id",
        "the official PostgreSQL image owns its data as 999; `high-user-id` checks all others",
    ),
];

static USED: Mutex<[bool; EXCEPTIONS.len()]> = Mutex::new([false; EXCEPTIONS.len()]);

/// Whether this object need not follow this rule.
pub(super) fn excuses(rule: &str, object: &Object) -> bool {
    let name = object.to_string();
    let found = EXCEPTIONS
        .iter()
        .position(|exception| exception.rule == rule && exception.object == name);
    if let (Some(n), Ok(mut used)) = (found, USED.lock()) {
        used[n] = true;
    }
    found.is_some()
}

/// Exceptions that nothing needs any more.
pub(super) fn unused() -> Vec<Mistake> {
    let used = USED.lock().map(|used| *used).unwrap_or_default();
    EXCEPTIONS
        .iter()
        .zip(used)
        .filter(|(_, used)| !used)
        .map(|(exception, _)| {
            format!(
                "The exception of {} from {} ({}) is not needed.",
                exception.object, exception.rule, exception.reason
            )
        })
        .collect()
}
