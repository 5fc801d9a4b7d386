//! Inode numbers and the paths that they had when they were last seen.
//!
//! A number is that of the directory behind the volume, so it never changes; the root is 1.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The inode number of the root.
pub const ROOT: u64 = 1;

/// Maximum depth of a path. Moves on another machine can make a circle of what is known here.
const MAX_DEPTH: usize = 4096;

/// A directory and a name in it.
type Link = (u64, OsString);

#[derive(Debug, Default)]
struct Node {
    links: Vec<Link>,
    /// Number of times that the kernel was told of it and has not forgotten it.
    lookups: u64,
}

/// The inodes that the kernel knows.
#[derive(Debug, Default)]
pub struct Nodes {
    nodes: HashMap<u64, Node>,
    names: HashMap<Link, u64>,
}

impl Nodes {
    /// The path of an inode, relative to the root; `None` if no link to it is known.
    pub fn path(&self, inode: u64) -> Option<PathBuf> {
        let (mut names, mut at) = (Vec::new(), inode);
        while at != ROOT && names.len() < MAX_DEPTH {
            let (parent, name) = self.nodes.get(&at)?.links.last()?;
            names.push(name);
            at = *parent;
        }
        let start = PathBuf::from(".");
        let join = |path: PathBuf, name: &&OsString| path.join(name);
        (at == ROOT).then(|| names.iter().rev().fold(start, join))
    }

    /// The path of an entry of a directory.
    pub fn child(&self, parent: u64, name: &OsStr) -> Option<PathBuf> {
        Some(self.path(parent)?.join(Path::new(name)))
    }

    /// Records that the kernel is told of an inode under this name.
    pub fn remember(&mut self, parent: u64, name: &OsStr, inode: u64, is_dir: bool) {
        self.unlink_other(parent, name, inode);
        let link = (parent, name.to_owned());
        let node = self.nodes.entry(inode).or_default();
        node.lookups += 1;
        if is_dir {
            for old in std::mem::take(&mut node.links) {
                self.names.remove(&old);
            }
        } else {
            node.links.retain(|old| *old != link);
        }
        node.links.push(link.clone());
        self.names.insert(link, inode);
    }

    /// Records that the kernel forgot an inode `count` times.
    pub fn forget(&mut self, inode: u64, count: u64) {
        if let Some(node) = self.nodes.get_mut(&inode) {
            node.lookups = node.lookups.saturating_sub(count);
            if node.lookups == 0 {
                let node = self.nodes.remove(&inode).unwrap_or_default();
                for link in node.links {
                    self.names.remove(&link);
                }
            }
        }
    }

    /// Records that an entry is gone.
    pub fn unlink(&mut self, parent: u64, name: &OsStr) -> Option<u64> {
        let link = (parent, name.to_owned());
        let inode = self.names.remove(&link)?;
        if let Some(node) = self.nodes.get_mut(&inode) {
            node.links.retain(|old| *old != link);
        }
        Some(inode)
    }

    /// Records that an entry was renamed, over another one if there was one.
    pub fn rename(&mut self, old: (u64, &OsStr), new: (u64, &OsStr)) {
        let inode = self.unlink(old.0, old.1);
        self.unlink(new.0, new.1);
        self.link(new, inode);
    }

    /// Records that two entries changed places.
    pub fn exchange(&mut self, one: (u64, &OsStr), other: (u64, &OsStr)) {
        let first = self.unlink(one.0, one.1);
        let second = self.unlink(other.0, other.1);
        self.link(one, second);
        self.link(other, first);
    }

    fn link(&mut self, (parent, name): (u64, &OsStr), inode: Option<u64>) {
        let node = inode.and_then(|inode| Some((inode, self.nodes.get_mut(&inode)?)));
        if let Some((inode, node)) = node {
            node.links.push((parent, name.to_owned()));
            self.names.insert((parent, name.to_owned()), inode);
        }
    }

    /// What another machine put under a known name replaces what was there.
    fn unlink_other(&mut self, parent: u64, name: &OsStr, inode: u64) {
        let known = self.names.get(&(parent, name.to_owned()));
        if known.is_some_and(|known| *known != inode) {
            self.unlink(parent, name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a/b/c`, where `c` is a file.
    fn nodes() -> Nodes {
        let mut nodes = Nodes::default();
        nodes.remember(ROOT, "a".as_ref(), 10, true);
        nodes.remember(10, "b".as_ref(), 11, true);
        nodes.remember(11, "c".as_ref(), 12, false);
        nodes
    }

    #[track_caller]
    fn assert_path(nodes: &Nodes, inode: u64, path: Option<&str>) {
        assert_eq!(nodes.path(inode).as_deref(), path.map(Path::new));
    }

    #[test]
    fn a_rename_moves_everything_below() {
        let mut nodes = nodes();
        assert_path(&nodes, 12, Some("./a/b/c"));
        nodes.rename((10, "b".as_ref()), (ROOT, "x".as_ref()));
        assert_path(&nodes, 12, Some("./x/c"));
        nodes.exchange((ROOT, "x".as_ref()), (ROOT, "a".as_ref()));
        assert_path(&nodes, 12, Some("./a/c"));
        assert_path(&nodes, 10, Some("./x"));
    }

    #[test]
    fn what_a_rename_replaces_has_no_path() {
        let mut nodes = nodes();
        nodes.remember(ROOT, "d".as_ref(), 13, false);
        nodes.rename((ROOT, "d".as_ref()), (11, "c".as_ref()));
        assert_path(&nodes, 13, Some("./a/b/c"));
        assert_path(&nodes, 12, None);
    }

    #[test]
    fn a_file_has_a_path_until_its_last_link_is_gone() {
        let mut nodes = nodes();
        nodes.remember(ROOT, "d".as_ref(), 12, false);
        assert_path(&nodes, 12, Some("./d"));
        nodes.unlink(ROOT, "d".as_ref());
        assert_path(&nodes, 12, Some("./a/b/c"));
        nodes.unlink(11, "c".as_ref());
        assert_path(&nodes, 12, None);
    }

    #[test]
    fn an_inode_is_known_until_it_is_forgotten_as_often_as_it_was_remembered() {
        let mut nodes = nodes();
        nodes.remember(11, "c".as_ref(), 12, false);
        nodes.forget(12, 1);
        assert_path(&nodes, 12, Some("./a/b/c"));
        nodes.forget(12, 1);
        assert_path(&nodes, 12, None);
        assert_eq!(nodes.names.len(), 2);
    }

    #[test]
    fn moves_on_another_machine_are_followed_and_make_no_endless_path() {
        let mut nodes = nodes();
        nodes.remember(ROOT, "b".as_ref(), 11, true);
        assert_path(&nodes, 12, Some("./b/c"));
        nodes.remember(11, "a".as_ref(), 10, true);
        assert_path(&nodes, 10, Some("./b/a"));
        nodes.remember(10, "b".as_ref(), 11, true);
        assert_path(&nodes, 12, None);
    }
}
