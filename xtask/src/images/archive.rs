//! Reads an image archive, as `docker save`, buildah and Nix write it (`docker-archive`).

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{self, Read},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tar::EntryType;

use super::config;
use crate::Result;

/// The member that lists the images.
const MANIFEST: &str = "manifest.json";
/// How many digits of a digest tell one image from all others of the same version.
const SHORT_DIGEST: usize = 12;
/// The most bytes of a file in an image that we read, so that a broken archive cannot fill memory.
const MAX_FILE: u64 = 1 << 30;

/// An image.
pub(super) struct Image {
    /// Its names with tags.
    pub(super) tags: Vec<String>,
    /// Its configuration.
    pub(super) config: config::Config,
    /// The processor that it is for.
    pub(super) architecture: String,
    /// All that its layers leave, by absolute path.
    pub(super) files: BTreeMap<String, Node>,
    /// The bytes of its layers, uncompressed.
    pub(super) size: u64,
}

/// A file, a folder or a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// What it is, and what is in it.
    pub(super) kind: Kind,
    /// Permissions, with the bits for set-user-id and the like.
    pub(super) mode: u32,
    /// The owner.
    pub(super) user: u64,
    /// The owner's group.
    pub(super) group: u64,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file with its bytes.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// A symbolic link to that path.
    Link(String),
    /// A device, a pipe: nothing that an image of ours should hold.
    Other,
}

/// An entry of `manifest.json`.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

impl Image {
    /// Reads the archive's first image.
    pub(super) fn read(path: &Path) -> Result<Self> {
        Self::read_archive(path).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    fn read_archive(path: &Path) -> Result<Self> {
        let members = Members::read(path)?;
        let manifest = members.manifest()?;
        let file: config::File = serde_json::from_slice(members.get(&manifest.config)?)?;
        let mut image = Self {
            tags: manifest.repo_tags.unwrap_or_default(),
            config: file.config,
            architecture: file.architecture,
            files: BTreeMap::new(),
            size: 0,
        };
        for layer in &manifest.layers {
            image.add_layer(members.get(layer)?)?;
        }
        Ok(image)
    }

    /// Lays a layer over what is there.
    fn add_layer(&mut self, layer: &[u8]) -> Result {
        if layer.starts_with(&[0x1f, 0x8b]) {
            return Err("its layers are compressed; write the archive without compression".into());
        }
        for entry in tar::Archive::new(layer).entries()? {
            let mut entry = entry?;
            let path = format!("/{}", relative(&entry.path()?));
            if path == "/" {
                continue;
            }
            if let Some(hidden) = whiteout(&path) {
                self.files.retain(|path, _| !is_below(path, &hidden));
                continue;
            }
            let header = entry.header();
            let (mode, user, group) = (header.mode()?, header.uid()?, header.gid()?);
            let target = entry.link_name()?.map(|path| path.display().to_string());
            let kind = match (header.entry_type(), target) {
                (EntryType::Directory, _) => Kind::Folder,
                (EntryType::Regular | EntryType::Continuous, _) => {
                    Kind::File(contents(&mut entry)?)
                }
                (EntryType::Symlink, Some(target)) => Kind::Link(target),
                (EntryType::Link, Some(target)) => {
                    let target = format!("/{}", relative(Path::new(&target)));
                    let known = self.files.get(&target);
                    known.map_or(Kind::Other, |node| node.kind.clone())
                }
                _ => Kind::Other,
            };
            let node = Node {
                kind,
                mode: mode & 0o7777,
                user,
                group,
            };
            self.files.insert(path, node);
        }
        self.size += layer.len() as u64;
        Ok(())
    }

    /// A file's bytes.
    pub(super) fn file(&self, path: &str) -> Option<&[u8]> {
        match &self.files.get(path)?.kind {
            Kind::File(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Writes its files below a folder, all as ours.
    pub(super) fn unpack(&self, root: &Path) -> io::Result<()> {
        for (path, node) in &self.files {
            let place = root.join(path.trim_start_matches('/'));
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            match &node.kind {
                Kind::Folder => fs::create_dir_all(&place)?,
                Kind::File(bytes) => {
                    fs::write(&place, bytes)?;
                    fs::set_permissions(&place, fs::Permissions::from_mode(node.mode))?;
                }
                Kind::Link(target) => symlink(target, &place)?,
                Kind::Other => {}
            }
        }
        Ok(())
    }
}

/// The files of an archive, by name.
struct Members(HashMap<String, Vec<u8>>);

impl Members {
    fn read(path: &Path) -> Result<Self> {
        let mut members = HashMap::new();
        let mut links: Vec<(String, String)> = Vec::new();
        for entry in tar::Archive::new(File::open(path)?).entries()? {
            let mut entry = entry?;
            let name = relative(&entry.path()?);
            if let Some(target) = entry.link_name()? {
                // Layers that are alike are stored once.
                let folder = Path::new(&name).parent().unwrap_or(Path::new(""));
                links.push((name.clone(), relative(&folder.join(target))));
            } else {
                members.insert(name, contents(&mut entry)?);
            }
        }
        for (name, target) in links {
            if let Some(bytes) = members.get(&target).cloned() {
                members.insert(name, bytes);
            }
        }
        Ok(Self(members))
    }

    fn get(&self, name: &str) -> Result<&[u8]> {
        let member = self.0.get(name).map(Vec::as_slice);
        member.ok_or_else(|| format!("{name} is missing; is it an image archive?").into())
    }

    /// What is said of the first image.
    fn manifest(&self) -> Result<Manifest> {
        let manifests: Vec<Manifest> = serde_json::from_slice(self.get(MANIFEST)?)?;
        let manifest = manifests.into_iter().next();
        manifest.ok_or_else(|| "it holds no image".into())
    }
}

/// Makes an archive that is the same whenever and wherever the same image was built, and names the
/// image by version, and by version and content: the second name never means another image.
pub(super) fn finish(path: &Path, repository: &str, version: &str) -> Result<[String; 2]> {
    let members = Members::read(path)?;
    let mut manifest = members.manifest()?;
    let mut config: serde_json::Value = serde_json::from_slice(members.get(&manifest.config)?)?;
    if let Some(config) = config.as_object_mut() {
        // By buildah, of the containers in which the steps ran and of what they left.
        for name in ["container", "container_config", "parent"] {
            config.remove(name);
        }
        if let Some(config) = config.get_mut("config").and_then(|it| it.as_object_mut()) {
            config.remove("Hostname");
        }
        let history = config.get_mut("history").and_then(|it| it.as_array_mut());
        for step in history.into_iter().flatten() {
            if let Some(step) = step.as_object_mut() {
                step.remove("comment");
            }
        }
    }
    let config = config.to_string();
    let digest: String = Sha256::digest(&config)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tags = [
        format!("{repository}:{version}"),
        format!("{repository}:{version}-{}", &digest[..SHORT_DIGEST]),
    ];
    manifest.config = format!("{digest}.json");
    manifest.repo_tags = Some(tags.to_vec());

    let mut writer = tar::Builder::new(Vec::new());
    let mut write = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        writer.append_data(&mut header, name, bytes)
    };
    for layer in &manifest.layers {
        write(layer, members.get(layer)?)?;
    }
    write(&manifest.config, config.as_bytes())?;
    write(
        MANIFEST,
        serde_json::json!([manifest]).to_string().as_bytes(),
    )?;
    fs::write(path, writer.into_inner()?)?;
    Ok(tags)
}

/// A path below the archive's root, in one spelling. `..` leads nowhere.
fn relative(path: &Path) -> String {
    let parts: PathBuf = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    parts.display().to_string()
}

/// What a member says that an earlier layer's file is gone.
fn whiteout(path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    match name.strip_prefix(".wh.")? {
        ".wh..opq" => Some(folder.to_owned()),
        name => Some(format!("{folder}/{name}")),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn contents(entry: &mut tar::Entry<'_, impl Read>) -> Result<Vec<u8>> {
    if entry.size() > MAX_FILE {
        return Err("it holds a file of more than a gigabyte".into());
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Writes a tar of these members.
    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_uid(0);
            header.set_gid(0);
            writer.append_data(&mut header, name, *bytes).unwrap();
        }
        writer.into_inner().unwrap()
    }

    #[test]
    fn layers_lie_over_each_other_and_the_image_gets_its_names() {
        let lower = tar(&[("etc/one", b"1"), ("etc/two", b"2"), ("etc/three", b"3")]);
        let upper = tar(&[("etc/two", b"two"), ("etc/.wh.three", b"")]);
        let config = |host| {
            let config = json!({"User": "1:2", "Env": null, "Hostname": host});
            let history = json!([{"created_by": "COPY", "comment": format!("FROM {host}")}]);
            let file = json!({"architecture": "amd64", "config": config, "container": host,
                "parent": host, "history": history});
            file.to_string().into_bytes()
        };
        let manifest = br#"[{"Config": "0123456789abcdef.json", "RepoTags": null,
            "Layers": ["lower.tar", "upper.tar"]}]"#;
        let [path, again] = ["one", "two"].map(|host| {
            let bytes = tar(&[
                ("lower.tar", &lower),
                ("upper.tar", &upper),
                ("0123456789abcdef.json", &config(host)),
                ("repositories", host.as_bytes()),
                (MANIFEST, manifest),
            ]);
            let name = format!("archive-{host}-{}.tar", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, bytes).unwrap();
            path
        });
        let tags = finish(&path, "todo", "1.0").unwrap();
        assert_eq!(tags, finish(&again, "todo", "1.0").unwrap());
        let same = fs::read(&path).unwrap() == fs::read(&again).unwrap();
        let image = Image::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        fs::remove_file(&again).unwrap();

        assert!(same, "what the building machine added is gone");
        assert_eq!(tags[0], "todo:1.0");
        assert_eq!(tags[1].len(), "todo:1.0-0123456789ab".len());
        assert_eq!(image.tags, tags);
        assert_eq!(image.config.ids(), Some((1, 2)));
        let files: Vec<_> = image.files.keys().map(String::as_str).collect();
        assert_eq!(files, ["/etc/one", "/etc/two"]);
        assert_eq!(image.file("/etc/two"), Some(b"two".as_slice()));
    }

    #[test]
    fn what_is_no_image_is_said_so() {
        let path = std::env::temp_dir().join(format!("no-image-{}.tar", std::process::id()));
        fs::write(&path, tar(&[("README", b"")])).unwrap();
        let error = Image::read(&path).err().unwrap().to_string();
        fs::remove_file(&path).unwrap();
        assert!(
            error.ends_with("manifest.json is missing; is it an image archive?"),
            "{error}"
        );
    }
}
