//! Causes of errors of the system that a person can name: one table for sentences, statuses and
//! documents.

use std::fmt;

/// Declares the causes, a row each: variant, errors of the system, sentence, hint.
macro_rules! causes {
    ($($variant:ident = [$($errno:literal),+], $sentence:literal, $hint:literal;)*) => {
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
    NoSpace = ["ENOSPC"],
        "The disk of the workspace is full.",
        "Free some space, then try again. If there is space, the disk may have no inodes left: \
         remove small files.";
    Quota = ["EDQUOT"],
        "The quota of the workspace's disk is used up.",
        "Remove files that belong to this account, or have the quota raised.";
    TooLarge = ["EFBIG"],
        "The file would be larger than this account or the file system allows.",
        "Raise the limit (`ulimit -f`), then try again.";
    ReadOnly = ["EROFS"],
        "The workspace's disk is read-only.",
        "Mount it for writing, then try again. Linux makes a disk read-only after errors; the \
         system's log tells.";
    NoAccess = ["EACCES"],
        "This program has no permission for an entry of the workspace.",
        "Give its account permission to read and write the workspace, then try again.";
    NotPermitted = ["EPERM"],
        "The system does not permit this change in the workspace.",
        "Check the owner of the entries, a sticky folder and attributes (`lsattr`), then try again.";
    Busy = ["EBUSY"],
        "An entry is in use as a mount point.",
        "Unmount it, or change it where it is mounted from.";
    TextBusy = ["ETXTBSY"],
        "A file is in use as a running program.",
        "Wait until it ends, then try again.";
    OtherDevice = ["EXDEV"],
        "The disk cannot rename this folder, because it is on another disk or in a lower layer of \
         a union such as that of a container's image.",
        "Copy the folder to its new name instead, or keep projects on a volume.";
    Invalid = ["EINVAL"],
        "The disk does not accept this change.",
        "Check whether its file system allows this name, or keep projects on another volume.";
    NotSupported = ["EOPNOTSUPP", "ENOSYS"],
        "The file system of the workspace does not support this change.",
        "Keep projects on another volume.";
    TooManyLinks = ["EMLINK"],
        "The workspace has as many folders as its file system allows.",
        "Move some projects to another workspace, then try again.";
    NameTooLong = ["ENAMETOOLONG"],
        "A name or path is longer than the file system allows.",
        "Use a shorter name.";
    Stale = ["ESTALE"],
        "The network volume has replaced the folder that this program uses.",
        "Mount the volume again, then start this program again.";
    InputOutput = ["EIO"],
        "The disk of the workspace failed to read or write.",
        "Check the disk and the system's log, then try again.";
    Corrupt = ["EUCLEAN"],
        "The file system of the workspace is damaged.",
        "Check it (`fsck`) before you use it again.";
    DeviceGone = ["ENODEV", "ENXIO"],
        "The disk of the workspace is gone.",
        "Connect it and mount it again.";
    Disconnected = ["ENOTCONN", "ECONNRESET", "ECONNABORTED"],
        "The program or server behind the volume has ended.",
        "Mount the volume again.";
    NoAnswer = ["ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH"],
        "The server of the network volume does not respond.",
        "Check the network and the server, then try again.";
    TooManyOpen = ["EMFILE", "ENFILE"],
        "Too many files are open.",
        "Raise the limit of open files (`ulimit -n`), or try again when less is going on.";
    NoMemory = ["ENOMEM"],
        "This program gets no more memory.",
        "Raise its limit (`ulimit -v`, or the container's memory), or end other programs.";
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
