//! Generates constants from `layouts/*.json`, so that no program parses a layout at run time.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::{env, error::Error, fs, path::Path};

use serde_json::Value;

const PLACEHOLDER: &str = "<the project name>";
const LAYOUTS: [(&str, &str, &str); 1] = [(
    "CHARACTER",
    "layouts/character-project.json",
    "Layout of a character project, and the default one.",
)];

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = String::new();
    for (name, path, doc) in LAYOUTS {
        println!("cargo::rerun-if-changed={path}");
        let layout: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        writeln!(out, "/// {doc}\npub const {name}: Layout = Layout {{")?;
        writeln!(
            out,
            "    directories: &{:?},",
            Vec::from_iter(directories(&layout)?)
        )?;
        writeln!(out, "    files: &[{}],\n}};", files(&layout)?)?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("layouts.rs"), out)?;
    Ok(())
}

fn directories(layout: &Value) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut all = BTreeSet::new();
    for leaf in layout["directories"]
        .as_array()
        .ok_or("`directories` is not a list")?
    {
        let leaf = leaf.as_str().ok_or("a directory is not a string")?;
        all.extend(
            leaf.match_indices('/')
                .map(|(end, _)| leaf[..end].to_owned()),
        );
        all.insert(leaf.to_owned());
    }
    Ok(all)
}

fn files(layout: &Value) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    for (path, content) in layout["files"]
        .as_object()
        .ok_or("`files` is not an object")?
    {
        let text = serde_json::to_string_pretty(content)?;
        let (before, after) = text
            .split_once(PLACEHOLDER)
            .ok_or("the placeholder for the name is missing")?;
        write!(
            out,
            "LayoutFile {{ path: {path:?}, text: ({before:?}, {after:?}) }}, "
        )?;
    }
    Ok(out)
}
