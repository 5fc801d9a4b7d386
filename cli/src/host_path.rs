//! Paths of the machine that runs Docker, as text: that machine may run Windows while this one does
//! not.

use std::path::{Path, PathBuf};

use podslate_shared::printable;

use crate::error::{Error, Result};

/// Path of the folder `name` in `base`, in the notation of `base`.
pub fn join(base: &str, name: &str) -> Result<String> {
    let separator = separator(base).ok_or_else(|| {
        invalid(
            base,
            "is not an absolute path such as `E:\\3D` or `/home/me/3D`",
        )
    })?;
    check(base)?;
    let trimmed = match separator {
        '\\' => base.trim_end_matches(['\\', '/']),
        _ => base.trim_end_matches('/'),
    };
    Ok(format!("{trimmed}{separator}{name}"))
}

/// Whether `text` is an absolute Windows path, with a drive or a server, whichever system this
/// program runs on.
pub fn is_windows_absolute(text: &str) -> bool {
    let bytes = text.as_bytes();
    let separator = |index: usize| matches!(bytes.get(index), Some(b'\\' | b'/'));
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1) == Some(&b':')
        && separator(2);
    drive || text.starts_with(r"\\")
}

/// `path` relative to `base`, unless it is absolute on this system or on Windows.
pub fn resolve(base: &Path, path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if is_windows_absolute(text) => path.to_owned(),
        _ => base.join(path),
    }
}

/// Checks that a path can be part of a command.
pub fn check(path: &str) -> Result<()> {
    if printable(path) != path {
        return Err(invalid(
            path,
            "contains a character that a terminal cannot show",
        ));
    }
    Ok(())
}

/// Separator of the folders in an absolute path; `None` if the path is not absolute.
fn separator(path: &str) -> Option<char> {
    if is_windows_absolute(path) {
        // Windows accepts both; a path with `/` alone keeps it.
        return Some(if path.contains('\\') { '\\' } else { '/' });
    }
    path.starts_with('/').then_some('/')
}

fn invalid(path: &str, why: &str) -> Error {
    Error::invalid(format!("the host path `{}` {why}", path.escape_debug()))
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
            (r"\\?\E:\3D", r"\\?\E:\3D\Hero"),
            ("/home/me/3D", "/home/me/3D/Hero"),
            ("/home/me/3D/", "/home/me/3D/Hero"),
            (r"/home/odd\name", r"/home/odd\name/Hero"),
            ("/", "/Hero"),
        ] {
            assert_eq!(join(base, "Hero").expect(base), expected);
        }
    }

    #[test]
    fn a_path_that_is_not_absolute_or_cannot_be_passed_on_is_refused() {
        for base in [
            "", "3D", "./3D", "~/3D", "E:", "E:3D", r"\3D", "C", "/a\nb", "/a\0b",
        ] {
            let error = join(base, "Hero").expect_err(base);
            assert_eq!(error.code(), "request_invalid", "{base:?}");
        }
        assert_eq!(
            join("3D", "Hero").expect_err("relative").to_string(),
            "The request is not valid: the host path `3D` is not an absolute path such as `E:\\3D` \
             or `/home/me/3D`."
        );
    }

    #[test]
    fn absolute_windows_paths_are_recognized_on_every_system() {
        for path in [
            r"E:\2D Programs",
            r"\\studio\3D",
            "e:/2D Programs/x",
            r"\\?\C:\x",
        ] {
            assert!(is_windows_absolute(path), "{path}");
            assert_eq!(
                resolve(Path::new("/home"), Path::new(path)),
                Path::new(path)
            );
        }
        for path in ["workspace", "/workspace", "E:", "E:x", "", "a:b/c", "//x"] {
            assert!(!is_windows_absolute(path), "{path}");
        }
        assert_eq!(
            resolve(Path::new("home"), Path::new("x")),
            Path::new("home").join("x")
        );
    }
}
