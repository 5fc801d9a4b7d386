//! Causes of errors of the system that a person can name: one table for sentences, statuses and
//! documents.

use std::fmt;

use crate::error::ErrorCode;

/// Declares the causes, a row each: variant, errors of the system, code, sentence, hint.
macro_rules! causes {
    ($($variant:ident = [$($errno:literal),+], $code:ident, $sentence:literal, $hint:literal;)*) => {
        /// Cause of an error of the system. `Display` is the sentence for people.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Cause {
            $(#[doc = $sentence] $variant,)*
        }

        impl Cause {
            /// Every cause, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Cause of the error with this name, such as `ENOSPC`.
            pub fn of_errno(name: &str) -> Option<Self> {
                match name {
                    $($($errno)|+ => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Names of the errors of the system.
            pub fn errnos(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($errno),+],)*
                }
            }

            /// Code of the error for programs.
            pub fn code(self) -> ErrorCode {
                match self {
                    $(Self::$variant => ErrorCode::$code,)*
                }
            }

            /// Sentence for people.
            pub fn sentence(self) -> &'static str {
                match self {
                    $(Self::$variant => $sentence,)*
                }
            }

            /// What to do.
            pub fn hint(self) -> &'static str {
                match self {
                    $(Self::$variant => $hint,)*
                }
            }
        }
    };
}

causes! {
    NoSpace = ["ENOSPC"], DiskFull,
        "The disk of the workspace is full.",
        "Free some space, then try again. If there is space, the disk may have no inodes left: \
         remove small files.";
    Quota = ["EDQUOT"], DiskFull,
        "The quota of the workspace's disk is used up.",
        "Remove files that belong to this account, or have the quota raised.";
    TooLarge = ["EFBIG"], DiskFull,
        "The file would be larger than this account or the file system allows.",
        "Raise the limit (`ulimit -f`), then try again.";
    ReadOnly = ["EROFS"], WorkspaceReadOnly,
        "The workspace's disk is read-only.",
        "Mount it for writing, then try again. Linux makes a disk read-only after errors; the \
         system's log tells.";
    NoAccess = ["EACCES"], WorkspaceReadOnly,
        "This program has no permission for an entry of the workspace.",
        "Give its account permission to read and write the workspace, then try again.";
    NotPermitted = ["EPERM"], WorkspaceReadOnly,
        "The system does not permit this change in the workspace.",
        "Check the owner of the entries, a sticky folder and attributes (`lsattr`), then try again.";
    Busy = ["EBUSY"], Unsupported,
        "An entry is in use as a mount point.",
        "Unmount it, or change it where it is mounted from.";
    TextBusy = ["ETXTBSY"], Unsupported,
        "A file is in use as a running program.",
        "Wait until it ends, then try again.";
    OtherDevice = ["EXDEV"], Unsupported,
        "The disk cannot rename this folder, because it is on another disk or in a lower layer of \
         a union such as that of a container's image.",
        "Copy the folder to its new name instead, or keep projects on a volume.";
    Invalid = ["EINVAL"], Unsupported,
        "The disk does not accept this change.",
        "Check whether its file system allows this name, or keep projects on another volume.";
    NotSupported = ["EOPNOTSUPP", "ENOSYS"], Unsupported,
        "The file system of the workspace does not support this change.",
        "Keep projects on another volume.";
    TooManyLinks = ["EMLINK"], Unsupported,
        "The workspace has as many folders as its file system allows.",
        "Move some projects to another workspace, then try again.";
    NameTooLong = ["ENAMETOOLONG"], Unsupported,
        "A name or path is longer than the file system allows.",
        "Use a shorter name.";
    Stale = ["ESTALE"], WorkspaceUnavailable,
        "The network volume has replaced the folder that this program uses.",
        "Mount the volume again, then start this program again.";
    InputOutput = ["EIO"], IoFailed,
        "The disk of the workspace failed to read or write.",
        "Check the disk and the system's log, then try again.";
    Corrupt = ["EUCLEAN"], IoFailed,
        "The file system of the workspace is damaged.",
        "Check it (`fsck`) before you use it again.";
    DeviceGone = ["ENODEV", "ENXIO"], WorkspaceUnavailable,
        "The disk of the workspace is gone.",
        "Connect it and mount it again.";
    Disconnected = ["ENOTCONN", "ECONNRESET", "ECONNABORTED"], WorkspaceUnavailable,
        "The program or server behind the volume has ended.",
        "Mount the volume again.";
    NoAnswer = ["ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH"], WorkspaceUnavailable,
        "The server of the network volume does not respond.",
        "Check the network and the server, then try again.";
    TooManyOpen = ["EMFILE", "ENFILE"], ResourcesMissing,
        "Too many files are open.",
        "Raise the limit of open files (`ulimit -n`), or try again when less is going on.";
    NoMemory = ["ENOMEM"], ResourcesMissing,
        "This program gets no more memory.",
        "Raise its limit (`ulimit -v`, or the container's memory), or end other programs.";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
