//! What must not lie in an image, because everybody who can pull it can read it.

use super::archive::{Image, Kind};

/// Names of files that hold secrets.
const NAMES: [&str; 10] = [
    ".env",
    ".git-credentials",
    ".netrc",
    ".npmrc",
    ".pgpass",
    "config.json",
    "credentials",
    "id_ed25519",
    "id_rsa",
    "kubeconfig",
];
/// Ends of names of files that hold keys.
const ENDINGS: [&str; 4] = [".jks", ".key", ".p12", ".pfx"];
/// Parts of names of variables that hold secrets.
const VARIABLES: [&str; 6] = [
    "API_KEY",
    "CREDENTIAL",
    "PASSWORD",
    "PRIVATE_KEY",
    "SECRET",
    "TOKEN",
];
/// How a private key in PEM begins; a program that reads such keys holds the words, but no key.
const KEY_END: &[u8] = b"PRIVATE KEY-----";
/// How many characters of base64 make a key.
const KEY_LENGTH: usize = 40;

/// A sentence for each that is found.
pub(super) fn find(image: &Image) -> Vec<String> {
    let mut found = Vec::new();
    for (path, node) in &image.files {
        let name = path.rsplit('/').next().unwrap_or_default();
        if NAMES.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            found.push(format!("{path}: secrets are kept in files of that name"));
        }
        if let Kind::File(bytes) = &node.kind
            && holds_private_key(bytes)
        {
            found.push(format!("{path}: it holds a private key"));
        }
    }
    let labels = image.config.labels.iter();
    let variables = image
        .config
        .env
        .iter()
        .filter_map(|pair| pair.split_once('='));
    for (name, value) in labels
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain(variables)
    {
        let upper = name.to_uppercase();
        let is_path = upper.ends_with("_FILE");
        if !is_path && VARIABLES.iter().any(|part| upper.contains(part)) && !value.is_empty() {
            found.push(format!("{name}: a secret in the configuration"));
        }
        if holds_password(value) {
            found.push(format!("{name}: an address with a password"));
        }
    }
    found
}

fn holds_private_key(bytes: &[u8]) -> bool {
    bytes
        .windows(KEY_END.len())
        .enumerate()
        .filter(|(_, window)| *window == KEY_END)
        .any(|(at, _)| {
            let key = &bytes[at + KEY_END.len()..];
            key.iter()
                .skip_while(|byte| byte.is_ascii_whitespace())
                .take_while(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
                .take(KEY_LENGTH)
                .count()
                == KEY_LENGTH
        })
}

/// `scheme://user:password@host`.
fn holds_password(value: &str) -> bool {
    value
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'))
        .and_then(|(user, _)| user.split_once(':'))
        .is_some_and(|(_, password)| !password.is_empty())
}
