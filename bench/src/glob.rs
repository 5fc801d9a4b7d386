//! Names of rows as people write them: words with `*`, separated by commas.

/// Whether one of the patterns matches a name.
pub fn matches(patterns: &str, name: &str) -> bool {
    let mut patterns = patterns.split(',');
    patterns.any(|pattern| is_match(pattern.trim(), name))
}

fn is_match(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = name.char_indices().map(|(end, _)| end).chain([name.len()]);
            ends.any(|end| is_match(rest, &name[end..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (patterns, name, expected) in [
            ("*", "idle", true),
            ("idle", "idle", true),
            ("idle", "events-idle", false),
            ("*idle", "events-idle", true),
            ("slow-*", "slow-start", true),
            ("slow-*", "start", false),
            ("list, start", "start", true),
            ("s*w-*t", "slow-start", true),
        ] {
            assert_eq!(matches(patterns, name), expected, "{patterns} {name}");
        }
    }
}
