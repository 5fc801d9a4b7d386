//! Preview of a new project as a tree of folders and files.

use leptos::prelude::*;
use podslate_shared::layout::CHARACTER;

/// The preview.
#[component]
pub fn Tree(name: RwSignal<String>) -> impl IntoView {
    let root = move || Some(name.get()).filter(|name| !name.is_empty());
    let root = move || root().unwrap_or_else(|| "MyCharacter".to_owned());
    let (folders, files) = (CHARACTER.directories.len(), CHARACTER.files.len());
    let counts = format!(" · {folders} folders, {files} file");
    view! {
        <details class="tree" data-testid="tree">
            <summary>"What will be created"
                <span class="tree-count">{counts}</span></summary>
            <p class="tree-root is-folder">{root}</p>
            <ul class="tree-top">{entries("").map(branch).collect_view()}</ul>
        </details>
    }
}

/// Entries directly in a folder of the layout, folders first, each with its path and whether it is
/// a file. The path of the project itself is empty.
fn entries(folder: &'static str) -> impl Iterator<Item = (&'static str, bool)> {
    let folders = CHARACTER.directories.iter().map(|path| (*path, false));
    let files = CHARACTER.files.iter().map(|file| (file.path, true));
    folders
        .chain(files)
        .filter(move |(path, _)| path.rsplit_once('/').unwrap_or(("", path)).0 == folder)
}

fn branch((path, is_file): (&'static str, bool)) -> AnyView {
    let name = path.rsplit('/').next();
    let children: Vec<_> = entries(path).map(branch).collect();
    let children = (!children.is_empty()).then(|| view! { <ul>{children}</ul> });
    view! {
        <li>
            <span class:is-folder=!is_file class:is-file=is_file>{name}</span>
            {children}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &'static str, is_file: bool) -> usize {
        let count = |(path, file)| usize::from(file == is_file) + count(path, is_file);
        entries(folder).map(count).sum()
    }

    #[test]
    fn the_tree_has_every_folder_and_file_of_the_layout() {
        assert_eq!(count("", false), CHARACTER.directories.len());
        assert_eq!(count("", true), CHARACTER.files.len());
        assert_eq!(entries("").next(), Some(("0_input", false)));
        assert!(entries("0_input").any(|(path, _)| path == "0_input/meshes"));
    }
}
