//! A good image to do bad things to, for tests.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    archive::{Image, Kind, Node},
    elf,
    product::{LABELS, Product},
};

/// A folder of root's, which anyone may read.
pub(super) const FOLDER: Node = Node {
    kind: Kind::Folder,
    mode: 0o755,
    user: 0,
    group: 0,
};

/// A file of root's with that text.
pub(super) fn file(text: &str) -> Node {
    Node {
        kind: Kind::File(text.as_bytes().to_vec()),
        mode: 0o644,
        ..FOLDER
    }
}

/// The program that every image is about.
pub(super) fn program() -> Node {
    Node {
        kind: Kind::File(elf::tests::program(elf::tests::PT_LOAD)),
        ..FOLDER
    }
}

/// An image that nothing is wrong with.
pub(super) fn image(product: &Product) -> Image {
    let labels: BTreeMap<_, _> = LABELS.map(|label| (label, "something")).into();
    let ports: BTreeMap<_, _> = product.exposed().map(|port| (port, json!({}))).into();
    let config = json!({
        "User": "65532:65532",
        "Entrypoint": [product.path()],
        "Cmd": ["serve"],
        "Env": ["PATH=/bin"],
        "ExposedPorts": ports,
        "Labels": labels,
        "Healthcheck": {"Test": ["CMD", product.path(), "healthcheck"]}
    });
    let files = [
        ("/bin", FOLDER),
        ("/etc", FOLDER),
        ("/etc/group", file("todo:x:65532:\n")),
        ("/etc/passwd", file("todo:x:65532:65532::/:/sbin/nologin\n")),
        ("/etc/ssl", FOLDER),
        ("/etc/ssl/certs", FOLDER),
        ("/etc/ssl/certs/ca-certificates.crt", file("…")),
        (&product.path(), program()),
    ];
    Image {
        tags: vec![format!("{}:1.2.3", product.program)],
        config: serde_json::from_value(config).unwrap(),
        architecture: "amd64".to_owned(),
        files: files
            .map(|(path, node)| (path.to_owned(), node))
            .into_iter()
            .collect(),
        size: 1000,
    }
}
