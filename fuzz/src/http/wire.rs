//! Bytes that are sent for an input.
//!
//! A zero byte ends a request and is not sent, and `content-length: *` becomes the length of the rest
//! of its request, so that most mutations of an input are still valid requests. Everything else is
//! sent as it is.

const LENGTH: &[u8] = b"content-length: *";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// Bytes that are sent after every input. They end whatever the input began: a head by an empty line,
/// a body by more bytes than it may have; and at their end the server closes the connection.
pub const END: &[u8] = &end();

const LAST: &[u8] = b"\r\n\r\nGET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

const fn end() -> [u8; 17 * 1024] {
    let mut end = [b'\n'; 17 * 1024];
    let (first, rest) = end.split_at_mut(LAST.len());
    first.copy_from_slice(LAST);
    let (_, last) = rest.split_at_mut(rest.len() - LAST.len());
    last.copy_from_slice(LAST);
    end
}

/// The bytes to send for an input.
pub fn requests(input: &[u8]) -> Vec<u8> {
    let requests = input.split(|byte| *byte == 0);
    requests.flat_map(with_length).collect()
}

/// Whether the bytes contain a text.
pub fn has(bytes: &[u8], text: &str) -> bool {
    find(bytes, text.as_bytes()).is_some()
}

/// Position of a part.
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The bytes after a body in chunks; none if it does not end.
pub fn after_chunks(mut bytes: &[u8]) -> &[u8] {
    while let Some(end) = find(bytes, b"\r\n") {
        let size = std::str::from_utf8(&bytes[..end]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("the size of a chunk");
        bytes = bytes.get(end + 2 + size + 2..).unwrap_or_default();
        if size == 0 {
            return bytes;
        }
    }
    &[]
}

fn with_length(request: &[u8]) -> Vec<u8> {
    let head = find(request, HEAD_END).map(|end| end + HEAD_END.len());
    let (head, body) = request.split_at(head.unwrap_or(request.len()));
    match find(head, LENGTH) {
        None => request.to_vec(),
        Some(position) => {
            let length = format!("content-length: {}", body.len());
            let rest = &head[position + LENGTH.len()..];
            [&head[..position], length.as_bytes(), rest, body].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_follows_the_last_chunk() {
        assert_eq!(
            after_chunks(b"5\r\nabcde\r\na\r\n0123456789\r\n0\r\n\r\nHTTP"),
            b"HTTP"
        );
        assert_eq!(after_chunks(b"5\r\nabc"), b"");
    }

    #[test]
    fn only_the_length_and_zeros_are_changed() {
        for (input, sent) in [
            (
                &b"GET / HTTP/1.1\r\n\r\n\xFF"[..],
                &b"GET / HTTP/1.1\r\n\r\n\xFF"[..],
            ),
            (
                b"A\r\ncontent-length: *\r\n\r\nabc\0B",
                b"A\r\ncontent-length: 3\r\n\r\nabcB",
            ),
            (b"A\r\n\r\ncontent-length: *", b"A\r\n\r\ncontent-length: *"),
        ] {
            assert_eq!(requests(input), sent);
        }
    }
}
