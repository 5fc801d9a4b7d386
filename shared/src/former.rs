//! Former names of a project: a record in the project, and a mark in the workspace for each name, so
//! that a name that nobody used before costs one look.

/// Record in a project, relative to it: a name on each line, the latest last. It may repeat names and
/// contain the current one.
pub const RECORD_PATH: &str = "pipeline/.podslate.former";

/// File name of [`RECORD_PATH`].
pub const RECORD_FILE: &str = ".podslate.former";

/// Folder of the workspace with an empty file for each former name.
pub const MARKS_FOLDER: &str = ".podslate.former";

/// Maximum size of a record, in bytes. No names are added to a larger one.
pub const MAX_SIZE: usize = 64 << 10;

/// Whether the project with this record had the name before.
pub fn has_name(record: &[u8], name: &str) -> bool {
    record
        .split(|byte| *byte == b'\n')
        .any(|line| line == name.as_bytes() && !line.is_empty())
}

/// The line that a rename adds to a record; `None` if the old name cannot be written in it.
pub fn line(old: &str) -> Option<String> {
    (!old.contains('\n')).then(|| format!("{old}\n"))
}

/// Sentence for people about a start with a former name.
pub fn followed(former: &str, present: &str) -> String {
    format!(
        "The project `{former}` was renamed to `{present}`, so `{present}` is used; set \
         `PROJECT_NAME` to its present name."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_whole_names() {
        let record = ["Hero", "Villain"].map(|name| line(name).unwrap()).concat();
        let record = record.as_bytes();
        assert!(has_name(record, "Hero") && has_name(record, "Villain"));
        assert!(!has_name(record, "Her") && !has_name(record, "") && !has_name(record, "Boss"));
        assert_eq!(line("a\nb"), None);
    }
}
