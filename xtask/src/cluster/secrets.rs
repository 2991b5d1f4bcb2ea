//! `cargo xtask cluster secrets`: makes the Secrets that are missing, and touches no other.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::Place;
use crate::{
    Result,
    process::{output, run, works},
    tools,
};

/// Which Secrets to make.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The host that the certificate is for.
    #[arg(long, default_value = "todo.local")]
    host: String,
    /// For the database of the overlay `dev`: its password is made, and the address that holds it.
    /// Otherwise the address comes from DATABASE_URL, and past a pooler from DATABASE_DIRECT_URL.
    #[arg(long)]
    dev_database: bool,
}

/// Makes what is missing.
pub(super) fn make_missing(arguments: &Arguments) -> Result {
    tools::on_path(&["kubectl"])?;
    let namespace = &arguments.place.namespace;
    self::namespace(namespace)?;
    if is_missing(namespace, "database-url") {
        let (url, direct) = database(arguments)?;
        make(
            namespace,
            "database-url",
            "Opaque",
            json!({"url": url, "direct-url": direct}),
        )?;
    }
    if is_missing(namespace, "jwt-secret") {
        make(
            namespace,
            "jwt-secret",
            "Opaque",
            json!({"secret": random()?}),
        )?;
    }
    if is_missing(namespace, "todo-tls") {
        let (certificate, key) = self_signed(&arguments.host)?;
        let content = json!({"tls.crt": certificate, "tls.key": key});
        make(namespace, "todo-tls", "kubernetes.io/tls", content)?;
        println!("todo-tls is self-signed: browsers ask before they show the page.");
    }
    Ok(())
}

/// Makes the namespace with the `restricted` Pod Security Standard, if it is missing.
pub(super) fn namespace(name: &str) -> Result {
    if works("kubectl", &["get", "namespace", name]) {
        return Ok(());
    }
    run(Command::new("kubectl").args(["create", "namespace", name]))?;
    let restricted = "pod-security.kubernetes.io/enforce=restricted";
    run(Command::new("kubectl").args(["label", "namespace", name, restricted]))
}

/// The database's address, and that past a pooler.
fn database(arguments: &Arguments) -> Result<(String, String)> {
    if arguments.dev_database {
        let namespace = &arguments.place.namespace;
        let password = random()?;
        if !is_missing(namespace, "database-password") {
            return Err("database-password is there, but database-url is not: delete it with the volume of the \
                        database, or make database-url as docs/deploy.md says"
                .into());
        }
        make(
            namespace,
            "database-password",
            "Opaque",
            json!({"password": password}),
        )?;
        let url = format!(
            "postgres://todo:{password}@todo-database.{namespace}:5432/todo?sslmode=disable"
        );
        return Ok((url.clone(), url));
    }
    let url = env::var("DATABASE_URL").map_err(|_| {
        "set DATABASE_URL to the database's address, as in \
         postgres://user:password@host/name?sslmode=verify-full, or take --dev-database"
    })?;
    let direct = env::var("DATABASE_DIRECT_URL").unwrap_or_else(|_| url.clone());
    Ok((url, direct))
}

fn is_missing(namespace: &str, name: &str) -> bool {
    !works(
        "kubectl",
        &["--namespace", namespace, "get", "secret", name],
    )
}

/// From standard input, so that no value is among the arguments of a process.
fn make(namespace: &str, name: &str, kind: &str, content: Value) -> Result {
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": kind,
        "stringData": content,
    });
    let mut kubectl = Command::new("kubectl")
        .args(["--namespace", namespace, "create", "--filename=-"])
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = kubectl.stdin.take() {
        input.write_all(secret.to_string().as_bytes())?;
    }
    if kubectl.wait()?.success() {
        Ok(())
    } else {
        Err(format!("the Secret {name} was not made").into())
    }
}

fn random() -> Result<String> {
    let text = output(Command::new("openssl").args(["rand", "-hex", "32"]))?;
    Ok(text.trim().to_owned())
}

/// A certificate and its key, PEM.
fn self_signed(host: &str) -> Result<(String, String)> {
    let folder = tempfile::tempdir()?;
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    output(
        Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-days", "365", "-subj", &format!("/CN={host}")])
            .args(["-addext", &format!("subjectAltName=DNS:{host}")])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate),
    )?;
    Ok((
        std::fs::read_to_string(certificate)?,
        std::fs::read_to_string(key)?,
    ))
}
