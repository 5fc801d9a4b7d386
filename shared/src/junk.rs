//! Entries that file managers and tools leave in every folder that they open.

/// Names, compared case-insensitively.
const NAMES: &[&str] = &[
    ".DS_Store",
    ".AppleDouble",
    ".LSOverride",
    ".Spotlight-V100",
    ".Trashes",
    ".TemporaryItems",
    ".DocumentRevisions-V100",
    ".VolumeIcon.icns",
    ".apdisk",
    ".fseventsd",
    ".directory",
    ".ipynb_checkpoints",
    ".localized",
    ".nfs",
    ".thumbnails",
    ".Trash",
    "__MACOSX",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "@eaDir",
    "Desktop.ini",
    "Icon\r",
    "RECYCLER",
    "System Volume Information",
    "Thumbs.db",
    "Thumbs.db:encryptable",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "lost+found",
];

/// Beginnings: resource forks of macOS, trash folders of Linux, removed files of NFS and FUSE.
const PREFIXES: &[&str] = &["._", ".Trash-", ".nfs0", ".fuse_hidden"];

/// Whether an entry of this name was left by a file manager or tool, and is nobody's work.
pub fn is_junk(name: &str) -> bool {
    NAMES.iter().any(|junk| junk.eq_ignore_ascii_case(name))
        || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_is_known_in_any_case_and_work_is_not_junk() {
        for name in [
            ".DS_Store",
            "thumbs.db",
            "DESKTOP.INI",
            "._head.fbx",
            "@eaDir",
            "lost+found",
        ] {
            assert!(is_junk(name), "{name}");
        }
        for name in [
            "head.fbx",
            ".git",
            ".gitignore",
            "Thumbs",
            "desktop",
            "0_input",
            ".podslate",
        ] {
            assert!(!is_junk(name), "{name}");
        }
    }
}
