//! What a new project consists of, as a tree to unfold.

use leptos::prelude::*;
use podslate_shared::Layout;
use podslate_shared::layout::CHARACTER;

/// The folders and files of a project, before it is made.
#[component]
pub fn Tree(
    /// The project's name.
    name: RwSignal<String>,
) -> impl IntoView {
    let shown = move || match name.get() {
        name if name.is_empty() => "MyCharacter".to_owned(),
        name => name,
    };
    let counts = format!(
        " · {} folders, {} file",
        CHARACTER.directories.len(),
        CHARACTER.files.len()
    );
    view! {
        <details class="tree" data-testid="tree">
            <summary>"What will be made"
                <span class="tree-count">{counts}</span></summary>
            <p class="tree-root is-folder">{shown}</p>
            <ul class="tree-top">{entries(&CHARACTER).iter().map(branch).collect_view()}</ul>
        </details>
    }
}

/// A folder or file with what is in it.
#[derive(Debug, PartialEq)]
struct Entry {
    name: &'static str,
    is_file: bool,
    children: Vec<Entry>,
}

fn entries(layout: &Layout) -> Vec<Entry> {
    let mut top = Vec::new();
    for path in layout.directories {
        add(&mut top, path, false);
    }
    for file in layout.files {
        add(&mut top, file.path, true);
    }
    top
}

fn add(entries: &mut Vec<Entry>, path: &'static str, is_file: bool) {
    let (name, rest) = match path.split_once('/') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let index = entries.iter().position(|entry| entry.name == name);
    let index = index.unwrap_or_else(|| {
        entries.push(Entry {
            name,
            is_file: is_file && rest.is_none(),
            children: Vec::new(),
        });
        entries.len() - 1
    });
    if let Some(rest) = rest {
        add(&mut entries[index].children, rest, is_file);
    }
}

fn branch(entry: &Entry) -> AnyView {
    let children = match entry.children.as_slice() {
        [] => None,
        children => Some(view! { <ul>{children.iter().map(branch).collect_view()}</ul> }),
    };
    view! {
        <li>
            <span class:is-folder=!entry.is_file class:is-file=entry.is_file>{entry.name}</span>
            {children}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(entries: &[Entry], is_file: bool) -> usize {
        let own = entries
            .iter()
            .filter(|entry| entry.is_file == is_file)
            .count();
        let below: usize = entries
            .iter()
            .map(|entry| count(&entry.children, is_file))
            .sum();
        own + below
    }

    #[test]
    fn the_tree_has_every_folder_and_file_of_the_layout() {
        let entries = entries(&CHARACTER);
        assert_eq!(count(&entries, false), CHARACTER.directories.len());
        assert_eq!(count(&entries, true), CHARACTER.files.len());
        assert_eq!(entries[0].name, "0_input");
        assert!(
            entries[0]
                .children
                .iter()
                .any(|entry| entry.name == "meshes")
        );
    }
}
