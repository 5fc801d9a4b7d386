//! The checksum that S3 tells of an object, computed here.
//!
//! An object's tag is the MD5 of its content or, if it came in parts, the MD5 of the parts' MD5s
//! and the number of the parts. It guards against accidents; the transfer itself is signed with
//! SHA-256.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use md5::{Digest, Md5};

/// The tag of an object without content.
pub const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// Files up to this size are sent whole, and larger ones in parts of at least this size.
pub const PART: u64 = 8 << 20;
/// S3 takes no more parts than this.
const MOST_PARTS: u64 = 10_000;
const MEBIBYTE: u64 = 1 << 20;

/// The size of the parts of a file.
pub fn part_size(file_size: u64) -> u64 {
    let needed = file_size.div_ceil(MOST_PARTS);
    PART.max(needed.next_multiple_of(MEBIBYTE))
}

/// The MD5 of a part, or of a file sent whole.
pub fn of(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The tag of a file, from the MD5s of its parts.
pub fn tag(parts: &[[u8; 16]], file_size: u64) -> String {
    match parts {
        [whole] if file_size <= PART => hex(whole),
        parts => format!("{}-{}", hex(&of(&parts.concat())), parts.len()),
    }
}

/// The tag that the file would have if it was sent.
///
/// # Errors
/// It cannot be read, or has another size.
pub fn of_file(path: &Path, file_size: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut parts = Vec::new();
    let mut left = file_size;
    while left > 0 || parts.is_empty() {
        let size = left.min(part_size(file_size));
        parts.push(of_next(&mut file, size)?);
        left -= size;
    }
    Ok(tag(&parts, file_size))
}

/// A tag as a storage wrote it, without the quotes.
pub fn bare(tag: &str) -> &str {
    tag.trim_matches('"')
}

fn of_next(file: &mut File, size: u64) -> io::Result<[u8; 16]> {
    let mut hash = Md5::new();
    let mut buffer = vec![0; usize::try_from(size.min(MEBIBYTE)).unwrap_or_default()];
    let mut left = size;
    while left > 0 {
        let want = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        file.read_exact(&mut buffer[..want])?;
        hash.update(&buffer[..want]);
        left -= want as u64;
    }
    Ok(hash.finalize().into())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_s3() {
        assert_eq!(tag(&[of(b"")], 0), EMPTY);
        assert_eq!(tag(&[of(b"abc")], 3), "900150983cd24fb0d6963f7d28e17f72");
        // Computed with Python's hashlib from parts of 8 MiB.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("large");
        std::fs::write(&path, vec![7; 20 << 20]).expect("written");
        assert_eq!(of_file(&path, 20 << 20).expect("read"), LARGE);
    }

    /// What the file of sevens has as its tag.
    const LARGE: &str = "e56c27dea2370bdb6a99235c3ab4fa61-3";

    #[test]
    fn no_file_has_too_many_parts() {
        assert_eq!(part_size(1), PART);
        assert_eq!(part_size(PART * MOST_PARTS), PART);
        let huge = 4 << 40;
        assert!(huge / part_size(huge) <= MOST_PARTS);
        assert_eq!(part_size(huge) % MEBIBYTE, 0);
    }
}
