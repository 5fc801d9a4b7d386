//! Names of folders that exist already, which other programs choose, too.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::{NameError, ProjectName};

/// Maximum length of a folder's name, in bytes; no file system allows more.
const MAX_BYTES: usize = 1024;

/// Name of a folder of a workspace that is listed: one part of a path, and not hidden. Only new
/// names have to follow the rule of [`ProjectName`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(pattern = r"^[^./\x00][^/\x00]*$", example = "Hero copy")
)]
#[serde(try_from = "String", into = "String")]
pub struct FolderName(String);

impl FolderName {
    /// Checks that `text` leads to nothing but an entry of the folder that contains it.
    ///
    /// # Errors
    /// The rule for project names that `text` breaks, too.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if Self::is_listed(text) && (!cfg!(windows) || is_exact_on_windows(text)) {
            return Ok(Self(text.to_owned()));
        }
        ProjectName::parse(text).map(Self::from)
    }

    /// Whether a list can have `text` as the name of a folder, on whichever system that folder is.
    pub fn is_listed(text: &str) -> bool {
        !text.is_empty()
            && text.len() <= MAX_BYTES
            && !text.starts_with('.')
            && !text.contains(['/', '\0'])
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name if it can also be that of a new project.
    pub fn as_project(&self) -> Option<ProjectName> {
        ProjectName::parse(&self.0).ok()
    }

    /// The name in the other case, letter by letter; it leads to the same folder only where case
    /// does not matter.
    pub fn in_other_case(&self) -> String {
        let swapped = |letter: char| {
            if letter.is_ascii_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            }
        };
        self.0.chars().map(swapped).collect()
    }
}

/// Whether `text` leads Windows to the entry of exactly this name: it removes dots and spaces at the
/// end.
fn is_exact_on_windows(text: &str) -> bool {
    !text.contains(['\\', ':']) && !text.ends_with(['.', ' '])
}

impl fmt::Display for FolderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FolderName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for FolderName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<ProjectName> for FolderName {
    fn from(name: ProjectName) -> Self {
        Self(name.into())
    }
}

impl From<&ProjectName> for FolderName {
    fn from(name: &ProjectName) -> Self {
        Self(name.to_string())
    }
}

impl From<FolderName> for String {
    fn from(name: FolderName) -> Self {
        name.0
    }
}

impl PartialEq<ProjectName> for FolderName {
    fn eq(&self, name: &ProjectName) -> bool {
        self.0 == name.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_visible_entry_has_a_name_and_nothing_else_does() {
        let long = "n".repeat(MAX_BYTES + 1);
        for text in [
            "Hero copy",
            "_test",
            "A",
            "Zoë",
            "\"it's\"",
            "CON",
            "a\nb",
            "-x",
            "名前",
        ] {
            assert_eq!(FolderName::parse(text).unwrap().as_str(), text);
        }
        for text in ["", ".", "..", ".hidden", "a/b", "/a", "a\0b", "../a", &long] {
            assert!(FolderName::parse(text).is_err(), "{text:?}");
        }
        for text in ["Hero.", "Hero ", r"a\b", "C:Hero"] {
            assert!(FolderName::is_listed(text), "{text:?}");
            assert_eq!(FolderName::parse(text).is_ok(), !cfg!(windows), "{text:?}");
            assert!(!is_exact_on_windows(text), "{text:?}");
        }
        assert!(is_exact_on_windows("Hero copy"));
    }
}
