//! Images beside the product's own, whose names differ from cluster to cluster.

use serde_json::{Value, json};

/// An image, as `REPOSITORY:TAG`.
#[derive(Clone)]
pub(crate) struct Image {
    pub(crate) repository: String,
    pub(crate) tag: String,
}

impl From<&str> for Image {
    fn from(name: &str) -> Self {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, ""));
        Self {
            repository: repository.to_owned(),
            tag: tag.to_owned(),
        }
    }
}

impl Image {
    /// An entry of a kustomization's `images`, which puts it in the place of the image `name`.
    pub(crate) fn instead_of(&self, name: &str) -> Value {
        json!({"name": name, "newName": self.repository, "newTag": self.tag})
    }
}
