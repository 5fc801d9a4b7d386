//! Attributes of a file as FUSE has them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{FileAttr, FileType, Generation, INodeNo};
use rustix::fs::{RawMode, Statx, StatxTimestamp, makedev};

use crate::nodes::ROOT;

/// The attributes of a file and the generation of its inode number.
pub struct Attributes {
    /// The attributes.
    pub attr: FileAttr,
    /// Differs between files that had the same inode number one after the other.
    pub generation: Generation,
}

impl Attributes {
    /// From the status of a file; `root` is the inode number of the root.
    pub fn new(status: &Statx, root: u64) -> Self {
        let number = match status.stx_ino {
            number if number == root => ROOT,
            number => number,
        };
        let mode = rustix::fs::FileType::from_raw_mode(RawMode::from(status.stx_mode));
        let device = makedev(status.stx_rdev_major, status.stx_rdev_minor);
        let attr = FileAttr {
            ino: INodeNo(number),
            size: status.stx_size,
            blocks: status.stx_blocks,
            atime: time(&status.stx_atime),
            mtime: time(&status.stx_mtime),
            ctime: time(&status.stx_ctime),
            crtime: time(&status.stx_btime),
            kind: kind(mode).unwrap_or(FileType::RegularFile),
            perm: status.stx_mode & 0o7777,
            nlink: status.stx_nlink,
            uid: status.stx_uid,
            gid: status.stx_gid,
            rdev: u32::try_from(device).unwrap_or_default(),
            blksize: status.stx_blksize,
            flags: 0,
        };
        let born = attr.crtime.duration_since(UNIX_EPOCH).unwrap_or_default();
        // The low bits count.
        let generation = Generation(born.as_nanos() as u64);
        Self { attr, generation }
    }
}

/// The kind of an entry; `None` where the file system does not say.
pub fn kind(kind: rustix::fs::FileType) -> Option<FileType> {
    use rustix::fs::FileType as Kind;
    Some(match kind {
        Kind::RegularFile => FileType::RegularFile,
        Kind::Directory => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::Fifo => FileType::NamedPipe,
        Kind::Socket => FileType::Socket,
        Kind::CharacterDevice => FileType::CharDevice,
        Kind::BlockDevice => FileType::BlockDevice,
        Kind::Unknown => return None,
    })
}

fn time(time: &StatxTimestamp) -> SystemTime {
    let nanoseconds = Duration::from_nanos(u64::from(time.tv_nsec));
    let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
    if time.tv_sec < 0 {
        UNIX_EPOCH - seconds + nanoseconds
    } else {
        UNIX_EPOCH + seconds + nanoseconds
    }
}
