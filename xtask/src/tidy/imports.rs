//! Finds files of a crate that import each other in a circle.
//!
//! An import is a path, in a `use` or in code, that names an item of the same crate; it leads to the
//! file that defines the item, through all re-exports. So `mod`, `pub use` and naming a module are
//! no imports: a `mod.rs` that only declares and re-exports is in no circle. A file that uses what
//! its parent defines, while the parent uses that file, is in one. Modules of tests do not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fs_err as fs;
use regex::Regex;

/// Comments, and what is for tests only.
const IGNORED: &str = r"//.*|#\[cfg\((all\()?test[^;{]*(;|mod \w+ \{(?s:.*))";
const MODULE: &str = r"(?m)^\s*(?:pub(?:\(\w+\))? )?mod (\w+);";
const USE: &str = r"(?m)^\s*(pub(?:\(\w+\))? )?use ([^;]+);";
/// Not a field or method.
const ITEM_PATH: &str = r"(?:^|[^.\w:])(\w+(?:::\w+)*)";
/// Maximum number of re-exports between a path and its item.
const MAX_DEPTH: usize = 16;

#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: usize,
    children: BTreeMap<String, usize>,
    /// The paths of `use`, by the names that they bring in.
    aliases: BTreeMap<String, String>,
    /// Paths in code, and of every `use` that is not public.
    uses: BTreeSet<String>,
}

/// The imports that make circles in the crate whose root is the file `root`, one per line.
pub fn circles(root: &Path) -> String {
    let mut modules = Vec::new();
    read(&mut modules, root.into(), root.parent().unwrap(), 0);
    let mut imports = BTreeMap::new();
    for (at, module) in modules.iter().enumerate() {
        for path in &module.uses {
            if let Some((definer, true)) = resolve(&modules, at, path, 0) {
                imports.insert((&module.file, &modules[definer].file), path);
            }
        }
    }
    imports.retain(|(from, to), _| from != to);
    // What imports nothing that is left, or is imported by nothing, is in no circle.
    let mut before = usize::MAX;
    while imports.len() < before {
        before = imports.len();
        let (from, to): (BTreeSet<_>, BTreeSet<_>) = imports.keys().copied().unzip();
        imports.retain(|ends, _| to.contains(ends.0) && from.contains(ends.1));
    }
    let mut lines = String::new();
    for ((from, to), path) in imports {
        lines += &format!("{} imports `{path}` of {}\n", from.display(), to.display());
    }
    lines
}

/// Reads a module whose children are in `folder`, and returns its number.
fn read(modules: &mut Vec<Module>, file: PathBuf, folder: &Path, parent: usize) -> usize {
    let regex = |pattern| Regex::new(pattern).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let code = regex(IGNORED).replace_all(&text, "");
    let words = |pattern, text: &str| -> BTreeSet<String> {
        let pattern = regex(pattern);
        let found = pattern.captures_iter(text);
        found.map(|found| found[1].into()).collect()
    };
    let mut module = Module {
        file,
        parent,
        uses: words(ITEM_PATH, &regex(USE).replace_all(&code, "")),
        ..Module::default()
    };
    for found in regex(USE).captures_iter(&code) {
        for path in leaves(&found[2]) {
            let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
            let path = path.trim_end_matches("::self");
            let name = path.rsplit("::").next().filter(|_| alias.is_empty());
            let name = name.unwrap_or(alias).to_owned();
            module.aliases.insert(name, path.to_owned());
            if found.get(1).is_none() {
                module.uses.insert(path.to_owned());
            }
        }
    }
    let number = modules.len();
    modules.push(module);
    for name in words(MODULE, &code) {
        let folder = folder.join(&name);
        let files = [folder.with_extension("rs"), folder.join("mod.rs")];
        let file = files.into_iter().find(|file| file.exists());
        let file = file.unwrap_or_else(|| panic!("{} has no file", folder.display()));
        let child = read(modules, file, &folder, number);
        modules[number].children.insert(name, child);
    }
    number
}

/// The paths of a tree of a `use`.
fn leaves(tree: &str) -> Vec<String> {
    let group = Regex::new(r"([\w:]*)\{([^{}]*)\}").unwrap();
    let mut tree = tree.to_owned();
    while let Some(found) = group.captures(&tree) {
        let parts = found[2].split(',').map(str::trim);
        let parts = parts.map(|part| found[1].to_owned() + part);
        let parts = parts.filter(|part| !part.ends_with(':'));
        tree = tree.replace(&found[0], &parts.collect::<Vec<_>>().join(","));
    }
    tree.split(',').map(|path| path.trim().to_owned()).collect()
}

/// The module that a path leads to, and whether it is an item that this module defines.
fn resolve(modules: &[Module], from: usize, path: &str, depth: usize) -> Option<(usize, bool)> {
    let mut at = from;
    for (number, name) in path.split("::").enumerate() {
        let module = &modules[at];
        match name {
            "crate" => at = 0,
            "self" => {}
            "super" => at = module.parent,
            name if module.children.contains_key(name) => at = module.children[name],
            name if module.aliases.contains_key(name) && depth < MAX_DEPTH => {
                match resolve(modules, at, &module.aliases[name], depth + 1)? {
                    (next, false) => at = next,
                    item => return Some(item),
                }
            }
            // Of another crate, or a local variable.
            _ if number == 0 => return None,
            _ => return Some((at, true)),
        }
    }
    Some((at, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of imports in circles of a crate with these files.
    fn count(files: &[(&str, &str)]) -> usize {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text.replace("; ", ";\n")).unwrap();
        }
        circles(&folder.path().join("lib.rs")).lines().count()
    }

    #[test]
    fn a_circle_is_found_however_it_is_written() {
        let a = "use other::A as B; pub struct A; fn f() { crate::b::g() }";
        let b = |text| count(&[("lib.rs", "mod a; mod b;"), ("a.rs", a), ("b.rs", text)]);
        for circle in [
            "use crate::a::A; pub fn g() {}",
            "use crate::{c, a::{self, A as B}}; pub fn g() {}",
            "use super::a; pub fn g() -> a::A { a::A }",
            "pub fn g() { print!(\"{}\", crate::a::A) }",
            "use super::a::*; pub fn g() -> A { todo!() }",
        ] {
            assert_eq!(b(circle), 2, "{circle}");
        }
        assert_eq!(
            b("pub fn g() {}\n#[cfg(all(test, unix))]\n#[x]\nmod tests { use crate::a::A; }"),
            0
        );
        assert_eq!(
            b("use other::A; use a::{A as C}; pub fn g() { c.a() } // crate::a::A"),
            0
        );
    }

    #[test]
    fn a_parent_may_declare_and_re_export_but_not_define_what_its_child_uses() {
        let count = |parent, child, sibling| {
            let parent = [("lib.rs", "mod m;"), ("m/mod.rs", parent)];
            count(&[&parent[..], &[("m/a.rs", child), ("m/b.rs", sibling)]].concat())
        };
        let reexports = "mod a; mod b; pub use a::A; pub(crate) use b::B;";
        let b = "pub struct B(super::A);";
        assert_eq!(count(reexports, "use super::B; pub struct A;", ""), 0);
        assert_eq!(count(reexports, "pub struct A;", b), 0);
        assert_eq!(count(reexports, "use super::B; pub struct A;", b), 2);
        let defines = "mod a; mod b; use a::A; pub struct C(A);";
        assert_eq!(count(defines, "use super::C; pub struct A;", ""), 2);
        assert_eq!(count(defines, "pub struct A;", "use super::C;"), 0);
    }
}
