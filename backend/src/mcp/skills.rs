//! Skills: folders of instructions and scripts that assistants fetch, from where the operator says.

use std::path::Path;

use rmcp::{
    ErrorData,
    handler::server::skill_catalog::{SkillCatalog, SkillCatalogError},
    model::{ConstString, Resource},
};

/// The skills of this installation; most have none.
#[derive(Debug, Default)]
pub struct Skills(Option<SkillCatalog>);

impl Skills {
    /// Reads the skills below a folder, if there is one. They stay as they are until the next start.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: Option<&Path>) -> Result<Self, SkillCatalogError> {
        folder.map(SkillCatalog::from_dir).transpose().map(Self)
    }

    /// What there is, if the operator named a folder.
    pub(super) const fn catalog(&self) -> Option<&SkillCatalog> {
        self.0.as_ref()
    }

    /// What there is; without a folder the answer of a server that knows no skills.
    pub(super) fn known<Method: ConstString>(&self) -> Result<&SkillCatalog, ErrorData> {
        self.catalog()
            .ok_or_else(ErrorData::method_not_found::<Method>)
    }

    /// The instructions of each skill, as clients see them that know resources only.
    pub(super) fn resources(&self) -> Vec<Resource> {
        self.catalog()
            .map(SkillCatalog::resources)
            .unwrap_or_default()
    }
}
