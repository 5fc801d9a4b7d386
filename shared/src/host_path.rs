//! Absolute paths of another machine, as text: it may run Windows while this one does not.

/// Whether `path` is an absolute Windows path, with a drive or a server.
pub fn is_windows(path: &str) -> bool {
    let bytes = path.as_bytes();
    let has_separator = matches!(bytes.get(2), Some(b'\\' | b'/'));
    let has_drive =
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':');
    has_drive && has_separator || path.starts_with(r"\\")
}

/// Names of the folders in `path`, the last first. Elsewhere than on Windows, a backslash is a
/// letter of a name.
pub fn names(path: &str) -> impl Iterator<Item = &str> {
    let separators: &[char] = if is_windows(path) {
        &['/', '\\']
    } else {
        &['/']
    };
    path.rsplit(separators)
}

/// Path of the folder `name` in `base`, in the notation of `base`; `None` if `base` is not absolute.
pub fn join(base: &str, name: &str) -> Option<String> {
    if !is_windows(base) {
        let trimmed = base.strip_prefix('/')?.trim_end_matches('/');
        let separator = if trimmed.is_empty() { "" } else { "/" };
        return Some(format!("/{trimmed}{separator}{name}"));
    }
    // Windows accepts both; a path with `/` alone keeps it.
    let separator = if base.contains('\\') { '\\' } else { '/' };
    let trimmed = base.trim_end_matches(['\\', '/']);
    Some(format!("{trimmed}{separator}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_joined_in_the_notation_of_the_path() {
        for (base, expected) in [
            (
                r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs",
                r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs\Hero",
            ),
            (r"E:\3D\", r"E:\3D\Hero"),
            (r"E:\", r"E:\Hero"),
            ("e:/2D Programs/3D", "e:/2D Programs/3D/Hero"),
            ("e:/", "e:/Hero"),
            (r"e:/2D Programs\3D", r"e:/2D Programs\3D\Hero"),
            (r"\\studio\share\3D", r"\\studio\share\3D\Hero"),
            (r"\\studio\share\", r"\\studio\share\Hero"),
            (r"\\?\E:\3D", r"\\?\E:\3D\Hero"),
            (r"\\?\UNC\studio\share", r"\\?\UNC\studio\share\Hero"),
            ("/home/me/3D", "/home/me/3D/Hero"),
            ("/home/me/3D/", "/home/me/3D/Hero"),
            (r"/home/odd\name", r"/home/odd\name/Hero"),
            (r"/home/odd\", r"/home/odd\/Hero"),
            ("/", "/Hero"),
        ] {
            assert_eq!(join(base, "Hero").as_deref(), Some(expected));
        }
        for base in ["", "3D", "./3D", "~/3D", "E:", "E:3D", r"\3D", "C"] {
            assert_eq!(join(base, "Hero"), None, "{base}");
        }
    }

    #[test]
    fn absolute_windows_paths_are_recognized_on_every_system() {
        for path in [
            r"E:\2D Programs",
            r"\\studio\3D",
            "e:/2D Programs/x",
            r"\\?\C:\x",
        ] {
            assert!(is_windows(path), "{path}");
        }
        for path in ["workspace", "/workspace", "E:", "E:x", "", "a:b/c", "//x"] {
            assert!(!is_windows(path), "{path}");
        }
    }

    #[test]
    fn a_backslash_separates_folders_on_windows_only() {
        for (path, expected) in [
            (r"E:\3D\in", vec!["in", "3D", "E:"]),
            (r"e:/3D\in", vec!["in", "3D", "e:"]),
            (r"\\studio\3D", vec!["3D", "studio", "", ""]),
            (r"/home/odd\name", vec![r"odd\name", "home", ""]),
        ] {
            assert_eq!(Vec::from_iter(names(path)), expected);
        }
    }
}
