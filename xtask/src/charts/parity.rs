//! Helm and Kustomize give the same objects.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Mistake, Object};

/// Labels and annotations that only tell which tool made the object.
const OF_THE_TOOL: [&str; 5] = [
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
    "checksum/config",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
];

/// The length of the hash that Kustomize appends to a generated name, with its dash.
const HASH: usize = 11;

/// What is different, a sentence for each place.
pub(super) fn differences(by_helm: &[Object], by_kustomize: &[Object]) -> Vec<Mistake> {
    let by_helm = normalised(by_helm);
    let by_kustomize = normalised(by_kustomize);
    let mut differences = Vec::new();
    for (name, object) in &by_helm {
        match by_kustomize.get(name) {
            Some(other) => compare(name, object, other, &mut differences),
            None => differences.push(format!("{name} is made by Helm only.")),
        }
    }
    for name in by_kustomize.keys() {
        if !by_helm.contains_key(name) {
            differences.push(format!("{name} is made by Kustomize only."));
        }
    }
    differences
}

fn compare(path: &str, helm: &Value, kustomize: &Value, differences: &mut Vec<Mistake>) {
    match (helm, kustomize) {
        (Value::Object(one), Value::Object(other)) => {
            let keys: std::collections::BTreeSet<&String> =
                one.keys().chain(other.keys()).collect();
            for key in keys {
                let get = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                compare(
                    &format!("{path}.{key}"),
                    &get(one),
                    &get(other),
                    differences,
                );
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (n, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}[{n}]"), one, other, differences);
            }
        }
        _ if helm == kustomize => {}
        _ => differences.push(format!(
            "{path} is {helm} by Helm, {kustomize} by Kustomize."
        )),
    }
}

/// The objects by kind and name, without what says only which tool made them.
fn normalised(objects: &[Object]) -> BTreeMap<String, Value> {
    let generated: Vec<&str> = objects
        .iter()
        .filter(|object| object.kind() == "ConfigMap")
        .map(Object::name)
        .filter(|name| is_hashed(name))
        .collect();
    objects
        .iter()
        .filter(|object| !object.is_hook())
        .map(|object| {
            let mut value = object.0.clone();
            strip(&mut value, &generated);
            let name = Object(value.clone()).to_string();
            (name, value)
        })
        .collect()
}

/// Hashes have no vowels and no letter that looks like a digit.
fn is_hashed(name: &str) -> bool {
    name.len() > HASH
        && name.is_char_boundary(name.len() - HASH)
        && name[name.len() - HASH..]
            .strip_prefix('-')
            .is_some_and(|hash| hash.bytes().all(|byte| b"bcdfghkmt2456789".contains(&byte)))
}

fn strip(value: &mut Value, generated: &[&str]) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !OF_THE_TOOL.contains(&key.as_str()));
            for field in map.values_mut() {
                strip(field, generated);
            }
            map.retain(|key, field| key != "annotations" || field != &Value::Object(Map::new()));
        }
        Value::Array(list) => {
            for item in list {
                strip(item, generated);
            }
        }
        Value::String(text) if generated.contains(&text.as_str()) => {
            text.truncate(text.len() - HASH);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(name: &str, labels: &Value) -> Object {
        Object(json!({
            "kind": "ConfigMap",
            "metadata": {"name": name, "labels": labels},
            "data": {"used": name},
        }))
    }

    #[test]
    fn hashes_and_marks_of_the_tool_are_no_difference() {
        let helm = map("config", &json!({"a": "1", "helm.sh/chart": "todo-1"}));
        let kustomize = map("config-tb94gt7cm5", &json!({"a": "1"}));
        assert_eq!(differences(&[helm], &[kustomize]), Vec::<String>::new());
    }

    #[test]
    fn everything_else_is() {
        let one = map("one", &json!({"a": "1"}));
        let other = map("one", &json!({"a": "2"}));
        let differences = differences(&[one], &[other, map("two", &json!({}))]);
        assert_eq!(
            differences,
            [
                "ConfigMap/one.metadata.labels.a is \"1\" by Helm, \"2\" by Kustomize.",
                "ConfigMap/two is made by Kustomize only.",
            ]
        );
    }
}
