//! The Dockerfile, the flake and the compose file say what `product` says. Tests read their text,
//! because no two of them are in the same language.

use std::fs;

use super::{
    build::base_image,
    product::{COMMAND, LABELS, PRODUCTS, USER, VERSION},
};
use crate::process::root;

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The part of a text from one line to the next of its kind.
fn section<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text
        .find(start)
        .unwrap_or_else(|| panic!("no {start:?} in\n{text}"));
    let rest = &text[from + start.len()..];
    &rest[..rest.find(end).unwrap_or(rest.len())]
}

#[track_caller]
fn holds(text: &str, part: &str) {
    assert!(text.contains(part), "no {part:?} in\n{text}");
}

#[test]
fn the_dockerfile_makes_the_product() {
    let dockerfile = text("Dockerfile");
    holds(&dockerfile, &format!("\nUSER {USER}:{USER}\n"));
    holds(&dockerfile, &format!("\nARG VERSION={VERSION}\n"));
    for label in LABELS {
        holds(&dockerfile, &format!("{label}="));
    }
    for product in PRODUCTS {
        let stage = section(
            &dockerfile,
            &format!("FROM base AS {}\n", product.name),
            "FROM",
        );
        let path = product.path();
        holds(
            stage,
            &format!("\nEXPOSE {} {}\n", product.port, product.metrics_port),
        );
        holds(stage, &format!("\nENTRYPOINT [\"{path}\"]\n"));
        holds(stage, &format!("\nCMD [\"{COMMAND}\"]\n"));
        holds(stage, &format!("CMD [\"{path}\", \"healthcheck\"]\n"));
        holds(stage, &format!("image.title=\"{}\"", product.program));
    }
}

#[test]
fn the_flake_makes_the_same() {
    let dockerfile = text("Dockerfile");
    let flake = text("nix/images.nix");
    holds(&flake, &format!("user = \"{USER}\";"));
    holds(&flake, &format!("Cmd = [ \"{COMMAND}\" ];"));
    holds(&flake, "Env = [ \"PATH=/bin\" ];");
    holds(&dockerfile, "\nENV PATH=/bin\n");
    holds(&flake, "WorkingDir = \"/\";");
    holds(&dockerfile, "\nWORKDIR /\n");
    for label in LABELS {
        holds(&flake, &format!("\"{label}\" = "));
    }
    // What is a fact in both must be the same fact.
    for (label, end) in [("source", "\""), ("licenses", "\"")] {
        let value = section(&dockerfile, &format!("image.{label}=\""), end);
        holds(&flake, &format!("image.{label}\" = \"{value}\";"));
    }
    for (option, attribute) in [
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("start-period", "StartPeriod"),
    ] {
        let seconds = section(&dockerfile, &format!("--{option}="), "s ");
        holds(&flake, &format!("{attribute} = {seconds} * second;"));
    }
    for product in PRODUCTS {
        let image = section(&flake, &format!("{}-image = image {{", product.name), "};");
        holds(image, &format!("binary = \"{}\";", product.program));
        for port in product.exposed() {
            holds(image, &format!("\"{port}\""));
        }
        let stage = section(
            &dockerfile,
            &format!("FROM base AS {}\n", product.name),
            "FROM",
        );
        let description = section(stage, "image.description=\"", "\"");
        holds(image, &format!("description = \"{description}\";"));
        holds(&flake, &format!("\"{0}.tar\" = {0}-image;", product.name));
    }
    for (file, start, end) in [
        ("passwd", "'", "' > /files/etc/passwd"),
        ("group", "'", "' >"),
    ] {
        let line = dockerfile
            .lines()
            .find(|line| line.contains(&format!("/files/etc/{file}")))
            .unwrap();
        let entry = section(line, start, end).replace(&USER.to_string(), "${user}");
        holds(&flake, &format!("\"{file}\" \"{entry}\\n\""));
    }
}

#[test]
fn the_compose_file_runs_the_product() {
    let compose = text("compose.yaml");
    for product in PRODUCTS {
        holds(&compose, &format!("image: {}:{VERSION}\n", product.program));
        holds(&compose, &format!("target: {}\n", product.name));
        holds(&compose, &format!("- 127.0.0.1:{0}:{0}\n", product.port));
    }
    holds(&compose, &format!("chown {USER}:{USER} "));
    let bake = text("docker-bake.hcl");
    holds(&bake, &format!("default = \"{VERSION}\""));
    for product in PRODUCTS {
        holds(&bake, &format!("target \"{}\" {{", product.name));
        holds(
            &bake,
            &format!("${{REGISTRY}}{}:${{VERSION}}", product.program),
        );
    }
}

#[test]
fn all_build_with_one_compiler() {
    let toolchain = text("rust-toolchain.toml");
    let version = section(&toolchain, "channel = \"", "\"");
    let base = base_image(&root().join("Dockerfile")).unwrap();
    assert!(
        base.starts_with(&format!("rust:{version}-alpine")),
        "{base}"
    );
}

#[test]
fn the_build_context_holds_the_manifest_of_every_member() {
    let workspace = text("Cargo.toml");
    let members = section(&workspace, "members = [", "]");
    let context = text(".dockerignore");
    for member in members.split(", ").map(|member| member.trim_matches('"')) {
        let whole = context.contains(&format!("\n!{member}\n"));
        let manifest = context.contains(&format!("\n!{member}/Cargo.toml\n"));
        assert!(whole || manifest, "{member} is not in .dockerignore");
    }
}

#[test]
fn the_lock_file_locks_the_flakes_inputs() {
    let flake = text("flake.nix");
    let inputs = section(&flake, "inputs = {\n", "};");
    let lock: serde_json::Value = serde_json::from_str(&text("flake.lock")).unwrap();
    let nodes = &lock["nodes"];
    let locked = nodes["root"]["inputs"].as_object().unwrap();
    assert_eq!(
        inputs.lines().filter(|line| line.contains(".url")).count(),
        locked.len()
    );
    for (name, node) in locked {
        let node = &nodes[node.as_str().unwrap()];
        let original = &node["original"];
        let [kind, owner, repo, reference] =
            ["type", "owner", "repo", "ref"].map(|key| original[key].as_str().unwrap());
        holds(
            inputs,
            &format!("{name}.url = \"{kind}:{owner}/{repo}/{reference}\";"),
        );
        let locked = &node["locked"];
        assert_eq!(locked["owner"], original["owner"]);
        assert_eq!(locked["repo"], original["repo"]);
        assert_eq!(locked["rev"].as_str().unwrap().len(), 40);
        assert!(locked["narHash"].as_str().unwrap().starts_with("sha256-"));
    }
}
