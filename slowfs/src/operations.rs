//! What the operations of a volume do to the directory behind it.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fuser::{
    Errno, FileHandle, FileType, INodeNo, RenameFlags, ReplyDirectory, ReplyDirectoryPlus, Request,
};
use rustix::fs::{self, AtFlags, OFlags};
use rustix::io::{pread, pwrite};

use crate::attributes::Attributes;
use crate::backing::{Backing, Result, errno, mode};
use crate::control::Control;

/// The volume as FUSE sees it.
#[derive(Debug)]
pub struct SlowFs {
    /// The directory behind it.
    pub backing: Backing,
    /// Its behavior.
    pub control: Arc<Control>,
    /// How long the kernel may keep names and attributes.
    pub ttl: Duration,
}

impl SlowFs {
    /// Creates an entry by `create`, which is given its path.
    pub fn create_entry(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        create: impl FnOnce(&Path) -> rustix::io::Result<()>,
    ) -> Result<Attributes> {
        let path = self.backing.child(parent, name)?;
        create(&path).map_err(errno)?;
        self.backing.give(&path, (request.uid(), request.gid()))?;
        self.backing.enter(parent, name, &path)
    }

    /// Removes an entry.
    pub fn remove(&self, parent: INodeNo, name: &OsStr, flags: AtFlags) -> Result<()> {
        let path = self.backing.child(parent, name)?;
        fs::unlinkat(self.backing.root(), path, flags).map_err(errno)?;
        self.backing.nodes().unlink(parent.0, name);
        Ok(())
    }

    /// Renames an entry, or exchanges two.
    pub fn move_entry(
        &self,
        (parent, name): (INodeNo, &OsStr),
        (new_parent, new_name): (INodeNo, &OsStr),
        flags: RenameFlags,
    ) -> Result<()> {
        let backing = &self.backing;
        let old = backing.child(parent, name)?;
        let new = backing.child(new_parent, new_name)?;
        let bits = fs::RenameFlags::from_bits_retain(flags.bits());
        fs::renameat_with(backing.root(), old, backing.root(), new, bits).map_err(errno)?;
        let (old, new) = ((parent.0, name), (new_parent.0, new_name));
        if flags.contains(RenameFlags::RENAME_EXCHANGE) {
            backing.nodes().exchange(old, new);
        } else {
            backing.nodes().rename(old, new);
        }
        Ok(())
    }

    /// Creates and opens a file.
    pub fn create_file(
        &self,
        request: &Request,
        (parent, name): (INodeNo, &OsStr),
        bits: u32,
        flags: i32,
    ) -> Result<(Attributes, FileHandle)> {
        let path = self.backing.child(parent, name)?;
        let flags = open_flags(flags).difference(OFlags::DIRECT) | OFlags::CREATE;
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = fs::openat(self.backing.root(), &path, flags, mode(bits)).map_err(errno)?;
        self.backing.give(&path, (request.uid(), request.gid()))?;
        let entry = self.backing.enter(parent, name, &path)?;
        let handle = self.backing.files.add(entry.attr.ino.0, file);
        Ok((entry, handle))
    }

    /// Reads from an open file.
    pub fn read_file(&self, file: FileHandle, offset: u64, size: u32) -> Result<Vec<u8>> {
        let file = self.backing.files.get(file).ok_or(Errno::EBADF)?;
        let mut data = vec![0; size as usize];
        let mut end = 0;
        while end < data.len() {
            match pread(&file, &mut data[end..], offset + end as u64).map_err(errno)? {
                0 => break,
                count => end += count,
            }
        }
        data.truncate(end);
        Ok(data)
    }

    /// Writes to an open file.
    pub fn write_file(&self, file: FileHandle, offset: u64, data: &[u8]) -> Result<u32> {
        let file = self.backing.files.get(file).ok_or(Errno::EBADF)?;
        let written = pwrite(&file, data, offset).map_err(errno)?;
        u32::try_from(written).map_err(|_| Errno::EOVERFLOW)
    }

    /// Lists an open directory from an entry on.
    pub fn list(&self, dir: FileHandle, offset: u64, reply: &mut ReplyDirectory) -> Result<()> {
        let dir = self.backing.dirs.get(dir).ok_or(Errno::EBADF)?;
        let entries = self.backing.entries(&dir, offset)?;
        for (entry, next) in entries.iter().zip(1..).skip(offset as usize) {
            let kind = entry.kind.or_else(|| {
                let attributes = self.backing.attributes_in(&dir, &entry.name);
                attributes.map(|attributes| attributes.attr.kind)
            });
            let kind = kind.unwrap_or(FileType::RegularFile);
            if reply.add(INodeNo(entry.inode), next, kind, &entry.name) {
                break;
            }
        }
        Ok(())
    }

    /// The same, with the attributes of the entries.
    pub fn list_plus(
        &self,
        parent: INodeNo,
        dir: FileHandle,
        offset: u64,
        reply: &mut ReplyDirectoryPlus,
    ) -> Result<()> {
        let dir = self.backing.dirs.get(dir).ok_or(Errno::EBADF)?;
        let entries = self.backing.entries(&dir, offset)?;
        for (entry, next) in entries.iter().zip(1..).skip(offset as usize) {
            let name = entry.name.as_os_str();
            let Some(found) = self.backing.attributes_in(&dir, name) else {
                continue;
            };
            let Attributes { attr, generation } = &found;
            if reply.add(attr.ino, next, name, &self.ttl, attr, *generation) {
                break;
            }
            if name != "." && name != ".." {
                self.backing.remember(parent, name, &found);
            }
        }
        Ok(())
    }
}

/// The flags of an open file as the kernel sends them.
pub fn open_flags(flags: i32) -> OFlags {
    OFlags::from_bits_retain(flags.cast_unsigned())
}
