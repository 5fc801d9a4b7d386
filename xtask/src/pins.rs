//! How long ago somebody looked for fixes of the libraries that matter for security.

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::paths::Paths;

/// Maximum time between two looks, in days.
const MAX_DAYS: i32 = 90;

/// Checks that every line of pins.txt is about the version in use, and new enough.
pub fn check(paths: &Paths) -> Result<()> {
    let [pins, lock] = ["pins.txt", "Cargo.lock"].map(|file| paths.root.join(file));
    check_text(
        &fs::read_to_string(pins)?,
        &fs::read_to_string(lock)?,
        TimeZone::UTC.to_datetime(Timestamp::now()).date(),
    )
}

fn check_text(pins: &str, lock: &str, today: Date) -> Result<()> {
    for pin in pins.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<_> = pin.split(' ').collect();
        let [name, version, day] = words[..] else {
            anyhow::bail!("pins.txt has a line that is not a name, a version and a day: `{pin}`.");
        };
        let locked = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        ensure!(
            lock.contains(&locked),
            "pins.txt says {name} {version}, but Cargo.lock has another version; correct pins.txt."
        );
        let day: Date = day
            .parse()
            .context(format!("pins.txt has a wrong day: `{pin}`"))?;
        let age = today.since(day)?.get_days();
        ensure!(
            age <= MAX_DAYS,
            "Nobody has looked for fixes of {name} {version} for {age} days. Look with `cargo \
             update --dry-run {name}`, then write today's date in pins.txt."
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"engine\"\nversion = \"1.2.3\"\nsource = \"\"\n";

    fn error(pins: &str) -> String {
        let today = "2026-04-01".parse().unwrap();
        check_text(pins, LOCK, today).map_or_else(|error| format!("{error:#}"), |()| String::new())
    }

    #[test]
    fn a_pin_is_the_version_in_use_and_was_looked_at_lately() {
        assert_eq!(error("# a note\nengine 1.2.3 2026-01-01"), "");
        assert!(error("engine 1.2.3 2025-12-31").contains("for 91 days"));
        assert!(error("engine 1.2.4 2026-01-01").contains("another version"));
        assert!(error("engine 1.2.3").contains("not a name"));
        assert!(error("engine 1.2.3 yesterday").contains("wrong day"));
    }
}
