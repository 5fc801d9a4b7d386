//! Causes of error numbers.

use podslate_shared::Cause;
use rustix::io::Errno;

/// Cause of an error of the system, if a person can name it.
pub fn cause(error: Errno) -> Option<Cause> {
    Cause::of_errno(match error {
        Errno::NOSPC => "ENOSPC",
        Errno::FBIG => "EFBIG",
        Errno::DQUOT => "EDQUOT",
        Errno::ROFS => "EROFS",
        Errno::ACCESS => "EACCES",
        Errno::PERM => "EPERM",
        Errno::BUSY => "EBUSY",
        Errno::TXTBSY => "ETXTBSY",
        Errno::XDEV => "EXDEV",
        Errno::INVAL => "EINVAL",
        Errno::OPNOTSUPP => "EOPNOTSUPP",
        Errno::NOSYS => "ENOSYS",
        Errno::MLINK => "EMLINK",
        Errno::NAMETOOLONG => "ENAMETOOLONG",
        Errno::STALE => "ESTALE",
        Errno::IO => "EIO",
        Errno::NODEV => "ENODEV",
        Errno::NXIO => "ENXIO",
        Errno::NOTCONN => "ENOTCONN",
        Errno::CONNRESET => "ECONNRESET",
        Errno::CONNABORTED => "ECONNABORTED",
        Errno::TIMEDOUT => "ETIMEDOUT",
        Errno::HOSTUNREACH => "EHOSTUNREACH",
        Errno::NETUNREACH => "ENETUNREACH",
        #[cfg(not(target_os = "wasi"))]
        Errno::HOSTDOWN => "EHOSTDOWN",
        #[cfg(target_os = "linux")]
        Errno::UCLEAN => "EUCLEAN",
        Errno::MFILE => "EMFILE",
        Errno::NFILE => "ENFILE",
        Errno::NOMEM => "ENOMEM",
        _ => return None,
    })
}
