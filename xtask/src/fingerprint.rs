//! Whether a product is still that of its inputs: a hash of them beside it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Files that no product is made of.
const LEFT_OUT: [&str; 5] = ["target", "dist", "tests", "benches", "node_modules"];

/// A hash of everything that a product is made from.
#[derive(Default)]
pub struct Fingerprint(DefaultHasher);

impl Fingerprint {
    /// The fingerprint of these files and folders below `root`, and of `settings`.
    pub fn of(root: &Path, paths: &[&str], settings: &str) -> Result<Self> {
        let mut fingerprint = Self::default();
        settings.hash(&mut fingerprint.0);
        for path in paths {
            path.hash(&mut fingerprint.0);
            fingerprint.tree(&root.join(path))?;
        }
        Ok(fingerprint)
    }

    /// Whether `product` is there and was made from the same.
    pub fn matches(&self, product: &Path) -> bool {
        product.exists() && fs::read_to_string(stamp(product)).is_ok_and(|text| text == self.text())
    }

    /// Remembers that `product` is complete.
    pub fn record(&self, product: &Path) -> Result<()> {
        fs::write(stamp(product), self.text())
            .with_context(|| format!("{} cannot be stamped.", product.display()))
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0.finish())
    }

    fn tree(&mut self, path: &Path) -> Result<()> {
        if path.is_file() {
            let content = fs::read(path).with_context(|| {
                format!("{} cannot be read; check its permissions.", path.display())
            })?;
            content.hash(&mut self.0);
        } else if path.is_dir() {
            for (name, path) in entries(path)? {
                name.hash(&mut self.0);
                self.tree(&path)?;
            }
        }
        Ok(())
    }
}

/// The newest modification below the `paths` of `root`, to see that something was edited.
pub fn newest(root: &Path, paths: &[&str]) -> Option<std::time::SystemTime> {
    paths
        .iter()
        .filter_map(|path| newest_below(&root.join(path)))
        .max()
}

fn newest_below(path: &Path) -> Option<std::time::SystemTime> {
    if path.is_dir() {
        return entries(path)
            .ok()?
            .iter()
            .filter_map(|(_, path)| newest_below(path))
            .max();
    }
    fs::metadata(path).and_then(|file| file.modified()).ok()
}

fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let listing = fs::read_dir(folder).with_context(|| {
        format!(
            "{} cannot be read; check its permissions.",
            folder.display()
        )
    })?;
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str()) {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

fn stamp(product: &Path) -> PathBuf {
    let name = product.file_name().unwrap_or_default().to_string_lossy();
    product.with_file_name(format!(".{name}.made-from"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;

    #[test]
    fn a_product_is_fresh_until_an_input_changes() {
        let root =
            std::env::temp_dir().join(format!("podslate-fingerprint-{}", std::process::id()));
        files::empty_folder(&root.join("in/tests")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();
        let now = |settings: &str| Fingerprint::of(&root, &["in", "absent"], settings).unwrap();
        let product = root.join("out.wasm");
        write("in/a.rs", "a");
        assert!(!now("1").matches(&product));
        now("1").record(&product).unwrap();
        assert!(
            !now("1").matches(&product),
            "a stamp without its product proves nothing"
        );
        write("out.wasm", "");
        assert!(now("1").matches(&product));
        write("in/tests/t.rs", "a test is no input");
        assert!(now("1").matches(&product));
        assert!(!now("2").matches(&product));
        write("in/b.rs", "");
        assert!(!now("1").matches(&product));
        fs::remove_dir_all(&root).unwrap();
    }
}
