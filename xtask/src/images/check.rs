//! `cargo xtask images check`: whether archives are what `product` says, file by file, and whether
//! those of the same program agree whoever built them.

use std::path::{Path, PathBuf};

use super::{
    archive::{Image, Kind},
    compare,
    container::Container,
    elf, folder,
    product::{COMMAND, FILES, LABELS, MAX_OVERHEAD, PRODUCTS, Product, USER},
    secrets,
};
use crate::Result;

/// Which archives to look at.
#[derive(Default, clap::Args)]
pub(crate) struct Arguments {
    /// Image archives (docker-archive); those of `cargo xtask images build` and of `nix build` when
    /// none is named.
    archives: Vec<PathBuf>,
    /// Inspect only; running the programs takes Linux, root and runc or crun.
    #[arg(long)]
    no_run: bool,
}

/// Programs that run other programs, or install them.
const TOOLS: [&str; 16] = [
    "apk", "apt", "apt-get", "ash", "bash", "busybox", "dash", "dnf", "dpkg", "fish", "ksh", "nix",
    "rpm", "sh", "toybox", "zsh",
];
/// Who may write: the owner, the group, all others.
const OWNER_WRITES: u32 = 0o200;
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// A program with one of these runs as its owner or its group, whoever starts it.
const SET_ID: u32 = 0o6000;

/// Prints what is wrong; fails if anything is.
pub(super) fn run(arguments: &Arguments) -> Result {
    let archives = if arguments.archives.is_empty() {
        built()
    } else {
        arguments.archives.clone()
    };
    if archives.is_empty() {
        return Err("there is no image archive; make them with `cargo xtask images build`".into());
    }
    let mut problems = Vec::new();
    let mut seen: Vec<(&Path, &Product, Image)> = Vec::new();
    for path in &archives {
        let image = Image::read(path)?;
        let Some(product) = of(&image) else {
            problems.push(format!("{}: none of our programs", path.display()));
            continue;
        };
        let mut found = inspect(&image, product);
        if found.is_empty() && !arguments.no_run {
            found.extend(start(&image, product)?);
        }
        println!(
            "{}: {} {} bytes, of them {} beside the program",
            path.display(),
            product.program,
            image.size,
            overhead(&image, product)
        );
        problems.extend(
            found
                .iter()
                .map(|problem| format!("{}: {problem}", path.display())),
        );
        for (other, _, known) in seen.iter().filter(|(_, known, _)| *known == product) {
            problems.extend(
                compare::differences(known, &image, product)
                    .iter()
                    .map(|it| format!("{} and {}: {it}", other.display(), path.display())),
            );
        }
        seen.push((path, product, image));
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n").into())
}

/// The archives that lie where the builds put them.
fn built() -> Vec<PathBuf> {
    [folder(), crate::process::root().join("result")]
        .iter()
        .flat_map(|folder| PRODUCTS.map(|product| folder.join(format!("{}.tar", product.name))))
        .filter(|path| path.is_file())
        .collect()
}

/// Which product the image is for, by its entrypoint.
fn of(image: &Image) -> Option<&'static Product> {
    let program = image.config.entrypoint.first()?.rsplit('/').next()?;
    PRODUCTS.iter().find(|product| product.program == program)
}

/// What is wrong with the image, without running it; a sentence each.
pub(super) fn inspect(image: &Image, product: &Product) -> Vec<String> {
    let mut problems = Vec::new();
    inspect_config(image, product, &mut problems);
    inspect_files(image, product, &mut problems);
    problems.extend(secrets::find(image));
    match image.file(&product.path()) {
        Some(program) if elf::is_static(program) => {}
        Some(_) => problems.push(format!("{}: not a static program", product.path())),
        None => problems.push(format!("{}: missing", product.path())),
    }
    if image.size > product.max_size {
        problems.push(format!(
            "{} bytes, more than the {} that it may have",
            image.size, product.max_size
        ));
    }
    let overhead = overhead(image, product);
    if overhead > MAX_OVERHEAD {
        problems.push(format!(
            "{overhead} bytes beside the program, more than {MAX_OVERHEAD}"
        ));
    }
    problems
}

fn inspect_config(image: &Image, product: &Product, problems: &mut Vec<String>) {
    let config = &image.config;
    let mut expect = |what: &str, is: &dyn std::fmt::Debug, holds: bool| {
        if !holds {
            problems.push(format!("{what}: {is:?}"));
        }
    };
    expect("user", &config.user, config.ids() == Some((USER, USER)));
    let entrypoint = &config.entrypoint;
    expect("entrypoint", entrypoint, *entrypoint == [product.path()]);
    expect("command", &config.cmd, config.cmd == [COMMAND]);
    expect(
        "working directory",
        &config.working_dir,
        config.directory() == "/",
    );
    let exposed: Vec<&String> = config.exposed_ports.keys().collect();
    let mut ports = product.exposed();
    ports.sort();
    expect("ports", &exposed, exposed.iter().copied().eq(&ports));
    let healthcheck = config.healthcheck.as_ref();
    let test = healthcheck.map(|check| check.test.as_slice());
    let wanted = ["CMD".to_owned(), product.path(), "healthcheck".to_owned()];
    expect("healthcheck", &test, test == Some(&wanted));
    for label in LABELS {
        let value = config.labels.get(label).map_or("", String::as_str);
        expect(label, &value, !value.is_empty());
    }
    expect("tags", &image.tags, !image.tags.is_empty());
    for tag in &image.tags {
        // The name may have a registry before it.
        let (name, version) = tag.rsplit_once(':').unwrap_or((tag, "latest"));
        expect(
            "tag",
            tag,
            version != "latest" && name.ends_with(product.program),
        );
    }
}

fn inspect_files(image: &Image, product: &Product, problems: &mut Vec<String>) {
    for (path, node) in &image.files {
        let name = path.rsplit('/').next().unwrap_or_default();
        let ours = FILES.contains(&path.as_str()) || *path == product.path();
        match &node.kind {
            Kind::Folder if FILES.iter().any(|file| file.starts_with(path.as_str())) => {}
            Kind::Folder if path == "/bin" => {}
            Kind::File(_) if ours => {}
            _ if TOOLS.contains(&name) => {
                problems.push(format!("{path}: runs or installs other programs"));
            }
            _ if name.contains(".so") => problems.push(format!("{path}: a shared library")),
            _ => problems.push(format!("{path}: does not belong in the image")),
        }
        if node.mode & SET_ID != 0 {
            problems.push(format!("{path}: set-user-id or set-group-id"));
        }
        let user = u64::from(USER);
        let writes = node.mode & OTHERS_WRITE != 0
            || (node.group == user && node.mode & GROUP_WRITES != 0)
            || (node.user == user && node.mode & OWNER_WRITES != 0);
        if writes && !matches!(node.kind, Kind::Link(_)) {
            problems.push(format!("{path}: the program may write it"));
        }
    }
    for path in FILES {
        if image.file(path).is_none_or(<[u8]>::is_empty) {
            problems.push(format!("{path}: missing"));
        }
    }
    for path in ["/etc/passwd", "/etc/group"] {
        let known = image.file(path).map(String::from_utf8_lossy);
        if known.is_some_and(|text| !text.contains(&format!(":{USER}:"))) {
            problems.push(format!("{path}: does not name {USER}"));
        }
    }
}

/// What the image takes beside its program.
fn overhead(image: &Image, product: &Product) -> u64 {
    let program = image.file(&product.path()).map_or(0, <[u8]>::len);
    image.size.saturating_sub(program as u64)
}

/// Whether the program answers under the constraints of a cluster: as its user, with a read-only
/// root and no capability.
fn start(image: &Image, product: &Product) -> Result<Option<String>> {
    let container = Container::new(image)?;
    let answer = container.output(&["--version"], &[])?;
    let version = image.config.labels.get("org.opencontainers.image.version");
    let expected = format!("{} {}", product.program, version.map_or("", String::as_str));
    Ok((answer.trim() != expected)
        .then(|| format!("--version says {answer:?} instead of {expected:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{archive::Node, sample};

    const BACKEND: Product = PRODUCTS[0];

    /// What is said of a good image to which this was done.
    fn after(harm: impl FnOnce(&mut Image)) -> String {
        let mut image = sample::image(&BACKEND);
        harm(&mut image);
        inspect(&image, &BACKEND).join("\n")
    }

    /// What is said of a good image with one more file.
    fn with(path: &str, node: Node) -> String {
        after(|image| drop(image.files.insert(path.to_owned(), node)))
    }

    #[test]
    fn a_good_image_passes() {
        for product in PRODUCTS {
            assert_eq!(inspect(&sample::image(&product), &product), [""; 0]);
        }
    }

    #[test]
    fn nothing_but_the_program_and_what_it_needs_is_in_the_image() {
        let found = with("/bin/sh", sample::file(""));
        assert_eq!(found, "/bin/sh: runs or installs other programs");
        let found = with("/lib/libc.so.6", sample::file(""));
        assert_eq!(found, "/lib/libc.so.6: a shared library");
        let found = with("/README", sample::file(""));
        assert_eq!(found, "/README: does not belong in the image");
        let found = after(|image| drop(image.files.remove("/etc/passwd")));
        assert_eq!(found, "/etc/passwd: missing");
    }

    #[test]
    fn the_program_can_neither_write_nor_rise() {
        for (mode, user, group) in [(0o777, 0, 0), (0o775, 0, 65532), (0o755, 65532, 0)] {
            let folder = Node {
                mode,
                user,
                group,
                ..sample::FOLDER
            };
            assert_eq!(with("/etc", folder), "/etc: the program may write it");
        }
        let program = Node {
            mode: 0o4755,
            ..sample::program()
        };
        let found = with("/bin/todo-backend", program);
        assert_eq!(found, "/bin/todo-backend: set-user-id or set-group-id");
    }

    #[test]
    fn no_secret_is_in_the_image() {
        let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n", "MIGH".repeat(16));
        let found = with("/etc/passwd", sample::file(&(key + ":65532:")));
        assert_eq!(found, "/etc/passwd: it holds a private key");
        // A program that reads keys has the words in it.
        let words = "-----BEGIN PRIVATE KEY-----, :65532:";
        assert_eq!(with("/etc/passwd", sample::file(words)), "");

        let found = after(|image| image.config.env.push("JWT_SECRET=x".to_owned()));
        assert_eq!(found, "JWT_SECRET: a secret in the configuration");
        let path = "JWT_SECRET_FILE=/run/secrets/jwt".to_owned();
        assert_eq!(after(|image| image.config.env.push(path)), "");
        let url = "DATABASE_URL=postgres://ann:pw@db/todo".to_owned();
        let found = after(|image| image.config.env.push(url));
        assert_eq!(found, "DATABASE_URL: an address with a password");
    }

    #[test]
    fn the_program_is_started_as_promised() {
        let found = after(|image| "root".clone_into(&mut image.config.user));
        assert_eq!(found, "user: \"root\"");
        let found = after(|image| image.config.cmd.clear());
        assert_eq!(found, "command: []");
        let shell = ["/bin/sh", "-c", "todo-backend"].map(str::to_owned);
        let found = after(|image| image.config.entrypoint = shell.to_vec());
        assert_eq!(found, r#"entrypoint: ["/bin/sh", "-c", "todo-backend"]"#);
        let found = after(|image| drop(image.config.exposed_ports.remove("9090/tcp")));
        assert_eq!(found, r#"ports: ["8000/tcp"]"#);
        let found = after(|image| image.config.healthcheck = None);
        assert_eq!(found, "healthcheck: None");
        let found = after(|image| image.config.labels.clear());
        assert_eq!(found.lines().count(), LABELS.len());
        for tag in ["todo-backend:latest", "todo-backend"] {
            let found = after(|image| image.tags = vec![tag.to_owned()]);
            assert_eq!(found, format!("tag: {tag:?}"));
        }
    }

    #[test]
    fn the_program_is_static_and_small() {
        let found = with("/bin/todo-backend", sample::file("#!/bin/sh"));
        assert_eq!(found, "/bin/todo-backend: not a static program");
        let found = after(|image| image.size = MAX_OVERHEAD * 2);
        assert_eq!(found, "799880 bytes beside the program, more than 400000");
        let found = after(|image| image.size = BACKEND.max_size + 1);
        assert!(found.starts_with("20000001 bytes, more than"), "{found}");
    }
}
