//! Hashes that tell whether a product is still that of its inputs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use walkdir::{DirEntry, WalkDir};

/// Folders that no product is made from.
const EXCLUDED: [&str; 5] = ["target", "dist", "tests", "benches", "node_modules"];

/// A hash of everything that a product is made from.
#[derive(PartialEq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of the files and folders `inputs`, as words, below `root` and of `settings`.
    pub fn of(root: &Path, inputs: &str, settings: &str) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        settings.hash(&mut hasher);
        for file in files(root, inputs) {
            file.path().strip_prefix(root)?.hash(&mut hasher);
            fs::read(file.path())?.hash(&mut hasher);
        }
        Ok(Self(format!("{:016x}", hasher.finish())))
    }

    /// Whether `product` exists and was made from the same inputs.
    pub fn matches(&self, product: &Path) -> bool {
        product.exists() && fs::read_to_string(stamp(product)).is_ok_and(|text| text == self.0)
    }

    /// Records that `product` is complete.
    pub fn record(&self, product: &Path) -> Result<()> {
        Ok(fs::write(stamp(product), &self.0)?)
    }
}

fn files(root: &Path, inputs: &str) -> impl Iterator<Item = DirEntry> {
    let is_input = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !name.starts_with('.') && !EXCLUDED.contains(&&*name)
    };
    let walk = move |input: &str| {
        let walk = WalkDir::new(root.join(input)).sort_by_file_name();
        walk.into_iter().filter_entry(is_input).flatten()
    };
    let entries = inputs.split(' ').flat_map(walk);
    entries.filter(|entry| entry.file_type().is_file())
}

fn stamp(product: &Path) -> PathBuf {
    let name = product.file_name().unwrap_or_default().to_string_lossy();
    product.with_file_name(format!(".{name}.made-from"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_fresh_until_an_input_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("in/tests")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();
        let now = |settings: &str| Fingerprint::of(root, "in absent", settings).unwrap();
        let product = root.join("out.wasm");
        write("in/a.rs", "a");
        assert!(!now("1").matches(&product));
        now("1").record(&product).unwrap();
        assert!(!now("1").matches(&product), "without its product");
        write("out.wasm", "");
        assert!(now("1").matches(&product));
        write("in/tests/t.rs", "a test is no input");
        assert!(now("1").matches(&product));
        assert!(!now("2").matches(&product));
        write("in/b.rs", "");
        assert!(!now("1").matches(&product));
    }
}
