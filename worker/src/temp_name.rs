//! Hidden names of entries that are unfinished or about to be removed.

use podslate_shared::layout::STAGING_PREFIX;
use rustix::io::Errno;

use crate::dir::{self, Error};

const TRASH_PREFIX: &str = ".podslate-trash-";

/// A new name for an entry that is not finished yet.
pub fn staging() -> dir::Result<String> {
    random(STAGING_PREFIX)
}

/// A new name for an entry that recovery moves aside to remove it.
pub fn trash() -> dir::Result<String> {
    random(TRASH_PREFIX)
}

/// Whether the name is one of [`staging`].
pub fn is_staging(name: &str) -> bool {
    is_random(name, STAGING_PREFIX)
}

/// Whether the name is one of [`trash`].
pub fn is_trash(name: &str) -> bool {
    is_random(name, TRASH_PREFIX)
}

/// Whether the host gives this name to the file with which it finds out why writing fails.
pub fn is_host_probe(name: &str) -> bool {
    name.strip_prefix(STAGING_PREFIX)
        .is_some_and(|rest| rest.starts_with("probe-"))
}

fn random(prefix: &str) -> dir::Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|_| Error::from(Errno::IO))?;
    Ok(format!("{prefix}{:032x}", u128::from_ne_bytes(bits)))
}

fn is_random(name: &str, prefix: &str) -> bool {
    let digits = name.strip_prefix(prefix).map(str::as_bytes);
    digits.is_some_and(|digits| digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit))
}
