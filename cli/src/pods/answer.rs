//! Comparison of a pod's answers with what it was asked: a server may be another one, or lie.

use podslate_shared::api::NameCheck;
use podslate_shared::{Created, FolderName, ProjectName, Renamed, host_path};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::text;

/// Result of a change, with the pod's own sentence.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change<T> {
    #[serde(flatten)]
    pub result: T,
    pub message: String,
}

/// Checks the answer to whether a project can be created.
pub fn checked(name: &ProjectName, check: NameCheck) -> Result<NameCheck> {
    names(&check.project_name, name.as_str())?;
    if let Some(path) = &check.project_path {
        is_folder(path, name.as_str())?;
    }
    if check.available != check.problem.is_none() {
        return mismatch(format!("it says that `{name}` is free and that it is not"));
    }
    if let Some(default) = &check.adoptable
        && ProjectName::parse(default).is_err()
    {
        return mismatch(format!("`{default}` is not the name of a project"));
    }
    Ok(check)
}

pub fn created(name: &ProjectName, change: Change<Created>) -> Result<Change<Created>> {
    names(change.result.project_name.as_str(), name.as_str())?;
    is_folder(&change.result.project_path, name.as_str())?;
    Ok(change)
}

pub fn renamed(
    old: &FolderName,
    new: &ProjectName,
    change: Change<Renamed>,
) -> Result<Change<Renamed>> {
    names(change.result.old_name.as_str(), old.as_str())?;
    names(change.result.new_name.as_str(), new.as_str())?;
    is_folder(&change.result.project_path, new.as_str())?;
    Ok(change)
}

pub fn listed(projects: Vec<String>) -> Result<Vec<String>> {
    if projects.iter().all(|name| FolderName::is_listed(name)) {
        return Ok(projects);
    }
    mismatch("it lists a name that no folder can have".to_owned())
}

/// Checks that an answer is about the project that was asked for.
pub fn names(answered: &str, asked: &str) -> Result<()> {
    if answered == asked {
        return Ok(());
    }
    mismatch(format!("it is about `{answered}` and not `{asked}`"))
}

/// Checks that a path of the pod's system is absolute and that of the project's folder.
pub fn is_folder(path: &str, name: &str) -> Result<()> {
    let is_absolute = path.starts_with('/') || host_path::is_windows(path);
    let mut names = host_path::names(path);
    let is_named = names.next() == Some(name);
    if is_absolute && is_named && names.all(|name| name != "..") {
        return Ok(());
    }
    mismatch(format!("`{path}` is not the folder of `{name}`"))
}

fn mismatch<T>(reason: String) -> Result<T> {
    let reason = text::clause(&reason);
    Err(Error::PodMismatch { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_that_of_the_projects_folder() {
        for path in [
            "/w/Hero",
            "/Hero",
            r"E:\3D\Hero",
            "e:/3D/Hero",
            r"\\s\x\Hero",
        ] {
            assert_eq!(is_folder(path, "Hero"), Ok(()), "{path}");
        }
        for path in [
            "",
            "Hero",
            "w/Hero",
            "/w/Other",
            "/w/Hero/",
            "/w/../Hero",
            "/w/Hero/..",
            "/w/hero",
            r"/w\Hero",
            r"E:\..\Hero",
            "/w/Hero\n",
        ] {
            assert!(is_folder(path, "Hero").is_err(), "{path}");
        }
    }

    #[test]
    fn a_listed_name_is_that_of_a_folder() {
        let listed = |name: &str| listed(vec!["Hero".to_owned(), name.to_owned()]);
        for name in ["Hero copy", "_test", "A", "\u{1b}", r"a\b:", "Hero."] {
            assert!(listed(name).is_ok(), "{name:?}");
        }
        for name in ["", ".", "..", "../x", "/", "a\0", &"x".repeat(1025)] {
            assert!(listed(name).is_err(), "{name:?}");
        }
    }
}
