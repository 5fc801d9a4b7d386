//! Former names of a project: a record in the project, and a mark in the workspace for each name, so
//! that a name that nobody used before costs one look.

/// Record in a project, relative to it: a name on each line, the latest last.
pub const RECORD_PATH: &str = "pipeline/.podslate.former";

/// File name of [`RECORD_PATH`].
pub const RECORD_FILE: &str = ".podslate.former";

/// Folder of the workspace with an empty file for each former name.
pub const MARKS_FOLDER: &str = ".podslate.former";

/// Maximum size of a record, in bytes.
pub const MAX_SIZE: usize = 64 << 10;

/// Maximum number of names in a record; the oldest are forgotten.
const MAX_NAMES: usize = 64;

/// Whether the project with this record had the name before.
pub fn has_name(record: &[u8], name: &str) -> bool {
    record
        .split(|byte| *byte == b'\n')
        .any(|line| line == name.as_bytes() && !line.is_empty())
}

/// The record after a rename; `None` if the old name cannot be written in it.
pub fn renamed(record: &[u8], old: &str, new: &str) -> Option<Vec<u8>> {
    if old.contains('\n') {
        return None;
    }
    let is_other =
        |name: &&[u8]| !name.is_empty() && *name != old.as_bytes() && *name != new.as_bytes();
    let names: Vec<_> = record
        .split(|byte| *byte == b'\n')
        .filter(is_other)
        .collect();
    let latest = names
        .get(names.len().saturating_sub(MAX_NAMES - 1)..)
        .unwrap_or_default();
    let mut all = latest.join(&b'\n');
    if !all.is_empty() {
        all.push(b'\n');
    }
    all.extend_from_slice(old.as_bytes());
    all.push(b'\n');
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_each_former_name_once_and_never_the_current_one() {
        let one = renamed(b"", "Hero", "Villain").unwrap();
        let two = renamed(&one, "Villain", "Boss").unwrap();
        assert_eq!(two, b"Hero\nVillain\n");
        assert!(has_name(&two, "Hero") && !has_name(&two, "Her") && !has_name(&two, ""));
        assert_eq!(renamed(&two, "Boss", "Hero").unwrap(), b"Villain\nBoss\n");
        assert_eq!(renamed(&two, "a\nb", "Hero"), None);
        let mut many = Vec::new();
        for number in 0..100 {
            many = renamed(&many, &format!("N{number}"), "Last").unwrap();
        }
        assert!(has_name(&many, "N99") && has_name(&many, "N36") && !has_name(&many, "N35"));
    }
}
