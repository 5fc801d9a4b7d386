//! Names of the objects in a cluster, which allows fewer characters than project names have.

use podslate_shared::ProjectName;
use sha2::{Digest, Sha256};

use crate::pods::pod::PREFIX;

/// Separates a name from the digest of what it stands for; no name without a digest has it.
const SEPARATOR: &str = "--";
/// Number of characters of the digest.
const DIGEST: usize = 10;
/// Maximum length of the name of a Service, which is the shortest limit.
const MAX_LENGTH: usize = 63;

/// Name of the objects for a project: the project's, if it can be a label of DNS; otherwise similar
/// to it and with a digest.
pub fn object_name(project: &ProjectName) -> String {
    let project = project.as_str();
    let is_label = project
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let whole = format!("{PREFIX}{project}");
    if is_label
        && !project.contains(SEPARATOR)
        && !project.ends_with('-')
        && whole.len() <= MAX_LENGTH
    {
        return whole;
    }
    let room = MAX_LENGTH - PREFIX.len() - SEPARATOR.len() - DIGEST;
    let mut similar = String::new();
    for character in project.to_ascii_lowercase().chars() {
        let is_plain = character.is_ascii_alphanumeric();
        if is_plain {
            similar.push(character);
        } else if !similar.ends_with('-') {
            similar.push('-');
        }
    }
    similar.truncate(room);
    let similar = similar.trim_end_matches('-');
    let digest = const_hex::encode(Sha256::digest(project));
    format!("{PREFIX}{similar}{SEPARATOR}{}", &digest[..DIGEST])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn name(project: &str) -> String {
        object_name(&ProjectName::parse(project).unwrap())
    }

    #[test]
    fn every_project_has_a_name_of_its_own_that_is_a_label_of_dns() {
        let long = "x".repeat(64);
        let longer = format!("{}y", "x".repeat(63));
        let projects = [
            "robot",
            "Robot",
            "ROBOT",
            "ro_bot",
            "ro-bot",
            "ro--bot",
            "ro---bot",
            "robot-",
            "robot_",
            "robot--3bf6b51b7b",
            "2D",
            "a-b_",
            &long,
            &longer,
            &long.to_uppercase(),
        ];
        let names: HashSet<String> = projects.iter().map(|project| name(project)).collect();
        assert_eq!(names.len(), projects.len(), "{names:?}");
        for name in names {
            let is_label = name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(is_label && name.len() <= 63, "{name}");
            assert!(
                name.starts_with("podslate-") && !name.ends_with('-'),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_reads_like_its_project() {
        assert_eq!(name("robot-2"), "podslate-robot-2");
        assert!(name("My_Robot").starts_with("podslate-my-robot--"));
        // It never changes, or pods would not be found again.
        assert_eq!(name("Robot"), "podslate-robot--3bf6b51b7b");
    }
}
