//! The operations of the volume, each delayed and then passed on.

use std::ffi::OsStr;
use std::path::Path;
use std::time::SystemTime;

use fuser::{
    AccessFlags, BsdFileFlags, Errno, FileHandle, Filesystem, FopenFlags, INodeNo, InitFlags,
    KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite,
    Request, TimeOrNow, WriteFlags,
};
use rustix::fs::{self, Access, AtFlags, OFlags};

use crate::attributes::Attributes;
use crate::backing::{Change, errno, mode, statistics};
use crate::control::Operation;
use crate::operations::{SlowFs, open_flags};
use crate::reply::{send, send_attributes, send_entry, send_opened};

impl Filesystem for SlowFs {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> std::io::Result<()> {
        for wish in [
            InitFlags::FUSE_DO_READDIRPLUS | InitFlags::FUSE_READDIRPLUS_AUTO,
            InitFlags::FUSE_PARALLEL_DIROPS,
        ] {
            // Without it, the kernel sends other operations.
            let _ = config.add_capabilities(wish);
        }
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let entry = self.control.admit(Operation::Lookup).and_then(|()| {
            let path = self.backing.child(parent, name)?;
            self.backing.enter(parent, name, &path)
        });
        send_entry(&self.ttl, reply, entry);
    }

    fn forget(&self, _: &Request, inode: INodeNo, count: u64) {
        self.backing.nodes().forget(inode.0, count);
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let admitted = self.control.admit(Operation::Getattr);
        let attributes = admitted.and_then(|()| self.backing.attributes(inode));
        send_attributes(&self.ttl, reply, attributes);
    }

    fn setattr(
        &self,
        _: &Request,
        inode: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        file: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let change = Change {
            mode,
            uid,
            gid,
            size,
            atime,
            mtime,
        };
        let attributes = self.control.admit(Operation::Setattr).and_then(|()| {
            self.backing.change(inode, file, &change)?;
            self.backing.attributes(inode)
        });
        send_attributes(&self.ttl, reply, attributes);
    }

    fn readlink(&self, _: &Request, inode: INodeNo, reply: ReplyData) {
        let target = self.control.admit(Operation::Readlink).and_then(|()| {
            let path = self.backing.path(inode)?;
            fs::readlinkat(self.backing.root(), path, Vec::new()).map_err(errno)
        });
        match target {
            Ok(target) => reply.data(target.as_bytes()),
            Err(error) => reply.error(error),
        }
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        bits: u32,
        _: u32,
        device: u32,
        reply: ReplyEntry,
    ) {
        let entry = self.control.admit(Operation::Mknod).and_then(|()| {
            self.create_entry(request, parent, name, |path| {
                let kind = fs::FileType::from_raw_mode(bits);
                fs::mknodat(self.backing.root(), path, kind, mode(bits), device.into())
            })
        });
        send_entry(&self.ttl, reply, entry);
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        bits: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let entry = self.control.admit(Operation::Mkdir).and_then(|()| {
            self.create_entry(request, parent, name, |path| {
                fs::mkdirat(self.backing.root(), path, mode(bits))
            })
        });
        send_entry(&self.ttl, reply, entry);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let admitted = self.control.admit(Operation::Unlink);
        send(
            reply,
            admitted.and_then(|()| self.remove(parent, name, AtFlags::empty())),
        );
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let admitted = self.control.admit(Operation::Rmdir);
        send(
            reply,
            admitted.and_then(|()| self.remove(parent, name, AtFlags::REMOVEDIR)),
        );
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let entry = self.control.admit(Operation::Symlink).and_then(|()| {
            self.create_entry(request, parent, name, |path| {
                fs::symlinkat(target, self.backing.root(), path)
            })
        });
        send_entry(&self.ttl, reply, entry);
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let admitted = self.control.admit(Operation::Rename);
        let (old, new) = ((parent, name), (new_parent, new_name));
        send(
            reply,
            admitted.and_then(|()| self.move_entry(old, new, flags)),
        );
    }

    fn link(&self, _: &Request, inode: INodeNo, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let entry = self.control.admit(Operation::Link).and_then(|()| {
            let (backing, root) = (&self.backing, self.backing.root());
            let (old, new) = (backing.path(inode)?, backing.child(parent, name)?);
            fs::linkat(&root, old, &root, &new, AtFlags::empty()).map_err(errno)?;
            backing.enter(parent, name, &new)
        });
        send_entry(&self.ttl, reply, entry);
    }

    fn open(&self, _: &Request, inode: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let file = self.control.admit(Operation::Open).and_then(|()| {
            let file = self.backing.reopen(inode, open_flags(flags.0))?;
            Ok(self.backing.files.add(inode.0, file))
        });
        send_opened(reply, file);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        file: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let admitted = self.control.admit(Operation::Read);
        match admitted.and_then(|()| self.read_file(file, offset, size)) {
            Ok(data) => reply.data(&data),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        file: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let admitted = self.control.admit(Operation::Write);
        match admitted.and_then(|()| self.write_file(file, offset, data)) {
            Ok(count) => reply.written(count),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        send(reply, self.control.admit(Operation::Flush));
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        file: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        let admitted = self.control.admit(Operation::Release);
        self.backing.files.close(file);
        send(reply, admitted);
    }

    fn fsync(
        &self,
        _: &Request,
        _: INodeNo,
        file: FileHandle,
        is_data_only: bool,
        reply: ReplyEmpty,
    ) {
        let synced = self.control.admit(Operation::Fsync).and_then(|()| {
            let file = self.backing.files.get(file).ok_or(Errno::EBADF)?;
            let sync = if is_data_only {
                fs::fdatasync
            } else {
                fs::fsync
            };
            sync(&file).map_err(errno)
        });
        send(reply, synced);
    }

    fn opendir(&self, _: &Request, inode: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let dir = self.control.admit(Operation::Opendir).and_then(|()| {
            let dir = self.backing.reopen(inode, OFlags::DIRECTORY)?;
            Ok(self.backing.dirs.add(inode.0, dir))
        });
        send_opened(reply, dir);
    }

    fn readdir(
        &self,
        _: &Request,
        _: INodeNo,
        dir: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let admitted = self.control.admit(Operation::Readdir);
        match admitted.and_then(|()| self.list(dir, offset, &mut reply)) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }

    fn readdirplus(
        &self,
        _: &Request,
        parent: INodeNo,
        dir: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let admitted = self.control.admit(Operation::Readdirplus);
        match admitted.and_then(|()| self.list_plus(parent, dir, offset, &mut reply)) {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(error),
        }
    }

    fn releasedir(
        &self,
        _: &Request,
        _: INodeNo,
        dir: FileHandle,
        _: OpenFlags,
        reply: ReplyEmpty,
    ) {
        let admitted = self.control.admit(Operation::Releasedir);
        self.backing.dirs.close(dir);
        send(reply, admitted);
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, dir: FileHandle, _: bool, reply: ReplyEmpty) {
        let synced = self.control.admit(Operation::Fsyncdir).and_then(|()| {
            let dir = self.backing.dirs.get(dir).ok_or(Errno::EBADF)?;
            fs::fsync(&*dir).map_err(errno)
        });
        send(reply, synced);
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let admitted = self.control.admit(Operation::Statfs);
        match admitted.and_then(|()| statistics(&self.backing)) {
            Ok(disk) => reply.statfs(
                disk.f_blocks,
                disk.f_bfree,
                disk.f_bavail,
                disk.f_files,
                disk.f_ffree,
                u32::try_from(disk.f_bsize).unwrap_or(u32::MAX),
                u32::try_from(disk.f_namemax).unwrap_or(u32::MAX),
                u32::try_from(disk.f_frsize).unwrap_or(u32::MAX),
            ),
            Err(error) => reply.error(error),
        }
    }

    fn access(&self, _: &Request, inode: INodeNo, mask: AccessFlags, reply: ReplyEmpty) {
        let accessible = self.control.admit(Operation::Access).and_then(|()| {
            let path = self.backing.path(inode)?;
            let access = Access::from_bits_truncate(mask.bits().unsigned_abs());
            fs::accessat(self.backing.root(), path, access, AtFlags::empty()).map_err(errno)
        });
        send(reply, accessible);
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        bits: u32,
        _: u32,
        flags: i32,
        reply: ReplyCreate,
    ) {
        let admitted = self.control.admit(Operation::Create);
        match admitted.and_then(|()| self.create_file(request, (parent, name), bits, flags)) {
            Ok((Attributes { attr, generation }, file)) => {
                reply.created(&self.ttl, &attr, generation, file, FopenFlags::empty());
            }
            Err(error) => reply.error(error),
        }
    }
}
