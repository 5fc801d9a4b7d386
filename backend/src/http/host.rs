//! Name and port in a `Host` header.

/// Name without the port.
pub fn name_of(host: &str) -> &str {
    if host.ends_with(']') {
        return host;
    }
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Port, if there is one.
pub fn port_of(host: &str) -> Option<&str> {
    host.strip_prefix(name_of(host))?.strip_prefix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_not_part_of_the_name() {
        for (host, name) in [
            ("localhost:8080", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:8080", "[::1]"),
            ("[::1]", "[::1]"),
            ("127.0.0.1:1", "127.0.0.1"),
        ] {
            assert_eq!(name_of(host), name);
        }
        assert_eq!(
            (port_of("[::1]:80"), port_of("localhost")),
            (Some("80"), None)
        );
    }
}
