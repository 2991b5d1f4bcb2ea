//! What kube-linter, kube-score, Polaris and Kubescape look for, asserted on rendered objects.

use serde_json::Value;

use super::{Mistake, Object, exceptions::excuses};

/// A pod as one of the objects makes it, among all of them.
struct Pod<'a> {
    owner: &'a Object,
    /// Its `metadata` and `spec`.
    pod: Object,
    all: &'a [Object],
}

/// A rule: its name, what a pod that breaks it is like, and whether it does.
type Rule = (&'static str, &'static str, fn(&Pod) -> bool);

/// The rules for every pod.
const FOR_PODS: [Rule; 12] = [
    (
        "high-user-id",
        "runs as root or a user below 10000",
        |pod| {
            pod.pod.at("/spec/securityContext/runAsNonRoot") != true
                || ["runAsUser", "runAsGroup"].iter().any(|id| {
                    let id = pod.pod.at(&format!("/spec/securityContext/{id}"));
                    id.as_u64().unwrap_or_default() < 10_000
                })
        },
    ),
    ("seccomp", "has no seccomp profile", |pod| {
        pod.pod.text("/spec/securityContext/seccompProfile/type") != "RuntimeDefault"
    }),
    (
        "locked-down",
        "has a container that may gain rights or write to its image",
        |pod| {
            pod.containers().any(|container| {
                let context = &container["securityContext"];
                context["allowPrivilegeEscalation"] != false
                    || context["readOnlyRootFilesystem"] != true
                    || context["capabilities"]["drop"] != serde_json::json!(["ALL"])
                    || !context["capabilities"]["add"].is_null()
                    || context["privileged"] == true
            })
        },
    ),
    ("no-host", "shares something of its node", |pod| {
        let spec = pod.pod.at("/spec");
        ["hostNetwork", "hostPID", "hostIPC"]
            .iter()
            .any(|name| spec[*name] == true)
            || list(&spec["volumes"]).any(|volume| !volume["hostPath"].is_null())
            || pod.ports().any(|port| !port["hostPort"].is_null())
    }),
    (
        "service-account",
        "has no account of its own, or a token for the API",
        |pod| {
            let account = pod.pod.text("/spec/serviceAccountName");
            let own =
                |object: &&Object| object.kind() == "ServiceAccount" && object.name() == account;
            pod.pod.at("/spec/automountServiceAccountToken") != false
                || pod
                    .all
                    .iter()
                    .find(own)
                    .is_none_or(|account| account.at("/automountServiceAccountToken") != false)
        },
    ),
    (
        "resources",
        "has a container without a request or a limit",
        |pod| {
            pod.containers().any(|container| {
                ["requests", "limits"].iter().any(|kind| {
                    ["cpu", "memory", "ephemeral-storage"]
                        .iter()
                        .any(|what| container["resources"][*kind][*what].is_null())
                })
            })
        },
    ),
    ("exact-image", "has an image without a version", |pod| {
        pod.containers().any(|container| {
            let image = container["image"].as_str().unwrap_or_default();
            let name = image.rsplit('/').next().unwrap_or_default();
            image.ends_with(":latest") || !name.contains([':', '@'])
        })
    }),
    (
        "secrets-in-files",
        "has a secret in its environment",
        |pod| {
            pod.containers().any(|container| {
                list(&container["env"]).any(|entry| !entry["valueFrom"]["secretKeyRef"].is_null())
                    || list(&container["envFrom"]).any(|entry| !entry["secretRef"].is_null())
            })
        },
    ),
    (
        "network-policy",
        "may talk to everybody, or be talked to",
        |pod| {
            ["Ingress", "Egress"].iter().any(|direction| {
                !pod.selected_by("NetworkPolicy", "/spec/podSelector/matchLabels")
                    .any(|policy| list(policy.at("/spec/policyTypes")).any(|it| it == direction))
            })
        },
    ),
    (
        "no-service-links",
        "learns of other services by its environment",
        |pod| pod.pod.at("/spec/enableServiceLinks") != false,
    ),
    ("labels", "lacks a recommended label", |pod| {
        ["name", "instance", "component", "part-of"]
            .iter()
            .any(|label| {
                let pointer = format!("/metadata/labels/app.kubernetes.io~1{label}");
                pod.pod.text(&pointer).is_empty()
            })
    }),
    (
        "private-metrics",
        "offers its metrics by a Service",
        |pod| {
            pod.all
                .iter()
                .filter(|object| object.kind() == "Service")
                .flat_map(|service| list(service.at("/spec/ports")))
                .any(|port| port["targetPort"] == "metrics" || port["port"].as_u64() >= Some(9000))
        },
    ),
];

/// The rules for pods that stay.
const FOR_SERVERS: [Rule; 8] = [
    (
        "probes",
        "lacks a probe, or has two that are the same",
        |pod| {
            pod.servers().any(|container| {
                let probe = |name: &str| container[name].clone();
                let [startup, liveness, readiness] =
                    ["startupProbe", "livenessProbe", "readinessProbe"].map(probe);
                startup.is_null()
                    || liveness.is_null()
                    || readiness.is_null()
                    || liveness == readiness
            })
        },
    ),
    (
        "http-probes",
        "has a probe that does not ask a named port by HTTP",
        |pod| {
            pod.servers().any(|container| {
                ["startupProbe", "livenessProbe", "readinessProbe"]
                    .iter()
                    .any(|probe| !container[*probe]["httpGet"]["port"].is_string())
            })
        },
    ),
    ("several-replicas", "is alone", |pod| {
        let fixed = pod.owner.at("/spec/replicas").as_u64();
        let scaled = pod
            .autoscaler()
            .map(|it| it.at("/spec/minReplicas").as_u64());
        scaled.flatten().or(fixed) < Some(2)
    }),
    (
        "one-scaler",
        "has a number of replicas beside an autoscaler",
        |pod| pod.autoscaler().is_some() && !pod.owner.at("/spec/replicas").is_null(),
    ),
    (
        "disruption-budget",
        "has no budget that lets a node be emptied one pod at a time",
        |pod| {
            !pod.selected_by("PodDisruptionBudget", "/spec/selector/matchLabels")
                .any(|budget| {
                    budget.at("/spec/maxUnavailable") == 1
                        && budget.text("/spec/unhealthyPodEvictionPolicy") == "AlwaysAllow"
                })
        },
    ),
    ("spread", "may have all its pods on one node", |pod| {
        let spread = pod.pod.at("/spec/topologySpreadConstraints/0");
        spread["whenUnsatisfiable"] != "ScheduleAnyway"
            || spread["matchLabelKeys"] != serde_json::json!(["pod-template-hash"])
            || pod.pod.at("/spec/affinity/podAntiAffinity").is_null()
    }),
    ("rolling-update", "has fewer pods during an update", |pod| {
        pod.owner.at("/spec/strategy/rollingUpdate/maxUnavailable") != 0
    }),
    ("drains-in-time", "is killed before it has drained", |pod| {
        let grace = pod.pod.at("/spec/terminationGracePeriodSeconds");
        grace.as_u64().unwrap_or(30) <= pod.drain_seconds()
    }),
];

impl<'a> Pod<'a> {
    /// The containers that start, each after another or together.
    fn containers(&self) -> impl Iterator<Item = &Value> {
        list(self.pod.at("/spec/initContainers")).chain(self.servers())
    }

    /// The containers that stay.
    fn servers(&self) -> impl Iterator<Item = &Value> {
        list(self.pod.at("/spec/containers"))
    }

    fn ports(&self) -> impl Iterator<Item = &Value> {
        self.containers()
            .flat_map(|container| list(&container["ports"]))
    }

    /// The objects of that kind whose labels at the pointer are all the pod's.
    fn selected_by(
        &self,
        kind: &'static str,
        labels: &'static str,
    ) -> impl Iterator<Item = &'a Object> {
        let own = self.pod.at("/metadata/labels");
        self.all.iter().filter(move |object| {
            object.kind() == kind
                && object
                    .at(labels)
                    .as_object()
                    .is_some_and(|labels| labels.iter().all(|(name, value)| &own[name] == value))
        })
    }

    fn autoscaler(&self) -> Option<&'a Object> {
        self.all.iter().find(|object| {
            object.kind() == "HorizontalPodAutoscaler"
                && object.text("/spec/scaleTargetRef/name") == self.owner.name()
        })
    }

    /// How long the program takes to end, by the ConfigMap it is configured with.
    fn drain_seconds(&self) -> u64 {
        let names: Vec<&str> = self
            .servers()
            .flat_map(|container| list(&container["envFrom"]))
            .filter_map(|source| source["configMapRef"]["name"].as_str())
            .collect();
        self.all
            .iter()
            .filter(|object| object.kind() == "ConfigMap" && names.contains(&object.name()))
            .flat_map(|map| {
                // While requests come, they are accepted for three times the delay.
                [("SHUTDOWN_DELAY", 3), ("DRAIN_TIMEOUT", 1)]
                    .map(|(name, times)| (map.text(&format!("/data/{name}")), times))
            })
            .filter_map(|(time, times)| {
                Some(time.trim_end_matches('s').parse::<u64>().ok()? * times)
            })
            .sum()
    }
}

/// The rules that are broken, a sentence for each.
pub(super) fn broken(way: &str, all: &[Object]) -> Vec<Mistake> {
    let pods = all.iter().filter_map(|owner| {
        let pod = owner.pod()?;
        Some(Pod { owner, pod, all })
    });
    let mut mistakes: Vec<Mistake> = pods
        .flat_map(|pod| {
            let stays = pod.owner.kind() != "Pod";
            FOR_PODS
                .iter()
                .chain(FOR_SERVERS.iter().filter(|_| stays))
                .filter(|(_, _, breaks)| breaks(&pod))
                .filter(|(rule, _, _)| !excuses(rule, pod.owner))
                .map(|(rule, what, _)| format!("{way}: {} {what} ({rule}).", pod.owner))
                .collect::<Vec<_>>()
        })
        .collect();
    for ingress in all.iter().filter(|object| object.kind() == "Ingress") {
        let encrypted: Vec<&Value> = list(ingress.at("/spec/tls"))
            .flat_map(|tls| list(&tls["hosts"]))
            .collect();
        if list(ingress.at("/spec/rules")).any(|rule| !encrypted.contains(&&rule["host"])) {
            mistakes.push(format!(
                "{way}: {ingress} serves a host without TLS (encryption)."
            ));
        }
    }
    mistakes
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pod that follows no rule.
    #[test]
    fn a_careless_pod_breaks_every_rule_for_pods() {
        let pod = Object(serde_json::json!({
            "kind": "Deployment",
            "metadata": {"name": "careless"},
            "spec": {"replicas": 1, "template": {
                "metadata": {},
                "spec": {
                    "hostNetwork": true,
                    "containers": [{
                        "image": "careless:latest",
                        "env": [{"valueFrom": {"secretKeyRef": {"name": "secret"}}}],
                        "securityContext": {"privileged": true},
                    }],
                },
            }},
        }));
        let metrics = Object(serde_json::json!({
            "kind": "Service",
            "spec": {"ports": [{"port": 9090, "targetPort": "metrics"}]},
        }));
        let map =
            Object(serde_json::json!({"kind": "Ingress", "spec": {"rules": [{"host": "a"}]}}));
        let broken = broken("here", &[pod, metrics, map]);
        for (rule, _, _) in FOR_PODS {
            assert!(
                broken
                    .iter()
                    .any(|mistake| mistake.ends_with(&format!("({rule})."))),
                "{rule}: {broken:?}"
            );
        }
        for rule in [
            "probes",
            "several-replicas",
            "disruption-budget",
            "spread",
            "encryption",
        ] {
            assert!(
                broken.iter().any(|mistake| mistake.contains(rule)),
                "{rule}"
            );
        }
    }
}
