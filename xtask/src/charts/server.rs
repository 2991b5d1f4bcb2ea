//! What an API server says of the rendered objects: its own schemas, its dry run, and the objects
//! as it fills them in.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::{Object, Variant, differences, lint, report};
use crate::{
    Result,
    process::{output, run},
};

/// Where nothing is, so that everything can be made.
const NAMESPACE: &str = "todo-dry-run";

/// Checks every variant, in a namespace of its own that goes away again.
pub(crate) fn check() -> Result {
    let schemas = tempfile::tempdir()?;
    write_schemas(schemas.path())?;
    run(Command::new("kubectl").args(["create", "namespace", NAMESPACE]))?;
    let outcome = check_in_namespace(schemas.path());
    run(Command::new("kubectl").args(["delete", "namespace", NAMESPACE]))?;
    outcome
}

fn check_in_namespace(schemas: &Path) -> Result {
    let mut mistakes = Vec::new();
    for variant in Variant::ALL {
        let mut filled = Vec::new();
        for yaml in [variant.by_helm()?, variant.by_kustomize()?] {
            lint::conforms(&yaml, schemas)?;
            filled.push(dry_run(&yaml)?);
        }
        mistakes.extend(
            differences(&filled[0], &filled[1])
                .into_iter()
                .map(|difference| format!("{}, by the server: {difference}", variant.name)),
        );
    }
    report(&mistakes)
}

/// The objects as the server would store them, without what is of its moment.
fn dry_run(yaml: &str) -> Result<Vec<Object>> {
    let mut child = Command::new("kubectl")
        .args([
            "create",
            "--dry-run=server",
            "--output=json",
            "--filename=-",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // Hooks are made at another time, and have no counterpart.
    let objects: Vec<Value> = super::objects(yaml)?
        .into_iter()
        .filter(|object| !object.is_hook())
        .map(|mut object| {
            object.0["metadata"]["namespace"] = json!(NAMESPACE);
            object.0
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    if let Some(mut input) = child.stdin.take() {
        input.write_all(list.to_string().as_bytes())?;
    }
    let answer = child.wait_with_output()?;
    if !answer.status.success() {
        return Err("the server's dry run refuses the objects".into());
    }
    let items: Vec<Value> = serde_json::Deserializer::from_slice(&answer.stdout)
        .into_iter()
        .collect::<std::result::Result<_, _>>()?;
    Ok(items
        .into_iter()
        .map(|mut object| {
            if let Some(map) = object.as_object_mut() {
                map.remove("status");
            }
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.retain(|key, _| {
                    ["name", "namespace", "labels", "annotations"].contains(&key.as_str())
                });
            }
            if let Some(spec) = object["spec"].as_object_mut() {
                // Each dry run hands out another address.
                spec.retain(|key, _| key != "clusterIP" && key != "clusterIPs");
            }
            Object(object)
        })
        .collect())
}

/// A file for each kind, as kubeconform looks them up, from the server's OpenAPI document.
fn write_schemas(folder: &Path) -> Result {
    let document = output(Command::new("kubectl").args(["get", "--raw", "/openapi/v2"]))?;
    let document: Value = serde_json::from_str(&document)?;
    let definitions = document["definitions"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for (name, mut definition) in definitions {
        tighten(&mut definition);
        all.insert(name, definition);
    }
    for (name, definition) in &all {
        for kind in definition["x-kubernetes-group-version-kind"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let text = |key: &str| kind[key].as_str().unwrap_or_default().to_lowercase();
            let group = text("group");
            let suffix = match group.split('.').next() {
                Some("") | None => format!("-{}", text("version")),
                Some(group) => format!("-{group}-{}", text("version")),
            };
            let file = folder.join(format!("{}{suffix}.json", text("kind")));
            let schema = json!({"$ref": format!("#/definitions/{name}"), "definitions": all});
            if WANTED.contains(&text("kind").as_str()) {
                fs::write(file, schema.to_string())?;
            }
        }
    }
    Ok(())
}

/// The kinds that the charts make; all of them would be gigabytes.
const WANTED: [&str; 13] = [
    "configmap",
    "daemonset",
    "deployment",
    "gateway",
    "horizontalpodautoscaler",
    "httproute",
    "ingress",
    "networkpolicy",
    "pod",
    "poddisruptionbudget",
    "service",
    "serviceaccount",
    "statefulset",
];

/// Unknown fields are mistakes, and what may be a number or a text is so.
fn tighten(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            // A field may itself be called `properties`; its own value tells a schema.
            if map.get("type") == Some(&json!("object"))
                && map.contains_key("properties")
                && !map.contains_key("additionalProperties")
            {
                map.insert("additionalProperties".to_owned(), json!(false));
            }
            if map.get("format") == Some(&json!("int-or-string"))
                || map.get("x-kubernetes-int-or-string") == Some(&json!(true))
            {
                map.remove("format");
                map.insert("type".to_owned(), json!(["integer", "string"]));
            }
            for field in map.values_mut() {
                tighten(field);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tighten),
        _ => {}
    }
}
