//! Whether two builds of one image agree: who made it must not matter to who runs it.
//!
//! These may differ, because the builds have them from elsewhere:
//! - the bytes of the program: Alpine's compiler and linker are not those of nixpkgs;
//! - the bytes of the certificate authorities: each takes its own distribution's bundle;
//! - the tags: either derives its own from the content;
//! - the layers: Nix has one, the Dockerfile one for each step. What they add up to is compared.

use std::{collections::BTreeSet, fmt::Debug};

use super::{
    archive::{Image, Kind, Node},
    product::Product,
};

/// What another distribution packs in another version.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A sentence for each difference that is not on the list above.
pub(super) fn differences(one: &Image, other: &Image, product: &Product) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, one: &dyn Debug, other: &dyn Debug| {
        let (one, other) = (format!("{one:?}"), format!("{other:?}"));
        if one != other {
            found.push(format!("{what}: {one} and {other} differ"));
        }
    };
    compare("processor", &one.architecture, &other.architecture);
    let (mine, theirs) = (&one.config, &other.config);
    compare("user", &mine.user, &theirs.user);
    compare("entrypoint", &mine.entrypoint, &theirs.entrypoint);
    compare("command", &mine.cmd, &theirs.cmd);
    compare("environment", &mine.env, &theirs.env);
    compare("ports", &mine.exposed_ports, &theirs.exposed_ports);
    compare("working directory", &mine.directory(), &theirs.directory());
    compare("healthcheck", &mine.healthcheck, &theirs.healthcheck);
    compare("labels", &mine.labels, &theirs.labels);

    let paths: BTreeSet<&String> = one.files.keys().chain(other.files.keys()).collect();
    for path in paths {
        let may_differ = *path == product.path() || path == CERTIFICATES;
        let [mine, theirs] = [one, other].map(|image| image.files.get(path));
        compare(path, &mine.map(describe), &theirs.map(describe));
        if !may_differ && one.file(path) != other.file(path) {
            compare(path, &one.file(path), &other.file(path));
        }
    }
    found
}

/// Everything but a file's bytes.
fn describe(node: &Node) -> String {
    let kind = match &node.kind {
        Kind::File(_) => "file",
        Kind::Folder => "folder",
        Kind::Link(target) => target,
        Kind::Other => "device",
    };
    format!("{kind} {:o} {}:{}", node.mode, node.user, node.group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{product::PRODUCTS, sample};

    const BACKEND: Product = PRODUCTS[0];

    /// The differences between a good image and the same to which this was done.
    fn after(change: impl FnOnce(&mut Image)) -> String {
        let mut image = sample::image(&BACKEND);
        change(&mut image);
        differences(&sample::image(&BACKEND), &image, &BACKEND).join("\n")
    }

    #[test]
    fn what_another_toolchain_makes_may_differ() {
        let change = |image: &mut Image| {
            image.tags = vec!["todo-backend:1.2.3-abc".to_owned()];
            image.size += 1;
            let mut program = sample::program();
            program.kind = Kind::File(b"another".to_vec());
            image.files.insert(BACKEND.path(), program);
            image
                .files
                .insert(CERTIFICATES.to_owned(), sample::file("another"));
        };
        assert_eq!(after(change), "");
    }

    #[test]
    fn what_a_container_sees_may_not() {
        let found = after(|image| image.config.cmd.clear());
        assert_eq!(found, r#"command: ["serve"] and [] differ"#);
        let found = after(|image| image.config.env.clear());
        assert_eq!(found, r#"environment: ["PATH=/bin"] and [] differ"#);
        let found = after(|image| image.config.labels.clear());
        assert!(found.starts_with("labels: "), "{found}");
        let found = after(|image| drop(image.files.remove("/etc/group")));
        assert!(found.starts_with("/etc/group: Some"), "{found}");
        let found = after(|image| {
            drop(
                image
                    .files
                    .insert("/etc/group".to_owned(), sample::file("")),
            )
        });
        assert!(found.starts_with("/etc/group: Some"), "{found}");
        let found = after(|image| {
            let program = image.files.get_mut(&BACKEND.path()).unwrap();
            program.mode = 0o700;
        });
        assert!(found.contains("/bin/todo-backend: "), "{found}");
    }
}
