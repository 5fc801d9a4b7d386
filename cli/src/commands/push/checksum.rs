//! ETags of S3: the MD5 of an object or, if it was sent in parts, the MD5 of the parts' MD5s and the
//! number of parts. They detect accidents; requests are signed with SHA-256.

use std::path::PathBuf;

use md5::{Digest, Md5};
use tokio::fs::File;
use tokio::io::{self, AsyncReadExt};

/// ETag of an empty object.
pub const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";
/// Maximum size of a file that is sent whole, and minimum size of a part, in bytes.
pub const PART: u64 = 8 << 20;
/// Maximum number of parts that S3 accepts.
const MAX_PARTS: u64 = 10_000;

/// Size of the parts of a file, in bytes.
pub fn part_size(file_size: u64) -> u64 {
    PART.max(file_size.div_ceil(MAX_PARTS))
}

/// Reads the next `size` bytes and adds their MD5 to those of the parts before.
pub async fn read_part(file: &mut File, size: u64, md5s: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
    file.read_exact(&mut bytes).await?;
    md5s.extend(Md5::digest(&bytes));
    Ok(bytes)
}

/// ETag of a file, from the MD5s of its parts.
pub fn tag(md5s: &[u8], file_size: u64) -> String {
    if file_size <= PART {
        return const_hex::encode(md5s);
    }
    let count = md5s.len() / Md5::output_size();
    format!("{}-{count}", const_hex::encode(Md5::digest(md5s)))
}

/// ETag that a file would have.
pub async fn of_file(path: PathBuf, size: u64) -> io::Result<String> {
    let mut file = File::from_std(podslate_disk::open(&path)?);
    let (mut md5s, mut rest) = (Vec::new(), size);
    while rest > 0 || md5s.is_empty() {
        let part = read_part(&mut file, rest.min(part_size(size)), &mut md5s).await?;
        rest -= part.len() as u64;
    }
    Ok(tag(&md5s, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_has_too_many_parts() {
        for size in [1, PART * MAX_PARTS] {
            assert_eq!(part_size(size), PART);
        }
        for size in [PART * MAX_PARTS + 1, 4 << 40] {
            assert!(size.div_ceil(part_size(size)) <= MAX_PARTS);
        }
    }
}
