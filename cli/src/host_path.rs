//! Paths of the machine that runs Docker, as text: that machine may run Windows while this one does
//! not.

use std::path::{Path, PathBuf};

use podslate_shared::{host_path, printable};

use crate::error::{Error, Result};

/// Path of the folder `name` in `base`, in the notation of `base`.
pub fn join(base: &str, name: &str) -> Result<String> {
    let joined = host_path::join(base, name).ok_or_else(|| {
        invalid(
            base,
            "is not an absolute path such as `E:\\3D` or `/home/me/3D`",
        )
    })?;
    check(base)?;
    Ok(joined)
}

/// `path` relative to `base`, unless it is absolute on this system or on Windows.
pub fn resolve(base: &Path, path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if host_path::is_windows(text) => path.to_owned(),
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

fn invalid(path: &str, why: &str) -> Error {
    Error::invalid(format!("the host path `{}` {why}", path.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_absolute_or_cannot_be_passed_on_is_refused() {
        assert_eq!(join(r"E:\3D", "Hero").expect("a path"), r"E:\3D\Hero");
        for base in ["3D", "E:3D", "/a\nb", "/a\0b"] {
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
    fn absolute_windows_paths_are_relative_to_nothing_on_every_system() {
        for path in [r"E:\2D Programs", r"\\studio\3D", "e:/x", r"\\?\C:\x"] {
            let path = Path::new(path);
            assert_eq!(resolve(Path::new("/home"), path), path);
        }
        assert_eq!(
            resolve(Path::new("home"), Path::new("x")),
            Path::new("home").join("x")
        );
    }
}
