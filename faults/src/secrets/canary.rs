//! A secret, and its detection in every encoding.

use std::fs;
use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::outcome::Outcome;

/// Maximum length of the shown part of a line with a secret, in characters.
const MAX_SHOWN: usize = 300;

/// Secret that must not show anywhere.
#[derive(Debug)]
pub struct Canary {
    encodings: Vec<String>,
}

impl Canary {
    /// Detects `core`, letters and digits in the middle of a secret: an encoding that keeps those,
    /// such as percent-encoding, or cuts an end off, still contains them.
    pub fn new(core: &str) -> Self {
        let hex = |prefix: &str| -> String {
            let bytes = core.bytes();
            bytes.map(|byte| format!("{prefix}{byte:02x}")).collect()
        };
        let mut encodings = vec![core.to_ascii_lowercase(), hex(""), hex("%")];
        encodings.extend((0..3).map(|before| inside_base64(core, before).to_ascii_lowercase()));
        Self { encodings }
    }

    /// Whether it shows in there, case-insensitively.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        self.encodings.iter().any(|it| text.contains(it))
    }
}

/// The part of the Base64 of a text that depends only on `core`, if `before` bytes, or three more,
/// and so on, precede it.
fn inside_base64(core: &str, before: usize) -> String {
    let all = STANDARD.encode(" ".repeat(before) + core);
    let (start, end) = ((before * 8).div_ceil(6), (before + core.len()) * 8 / 6);
    all[start..end].to_owned()
}

/// Counts the places that were inspected.
#[derive(Debug)]
pub struct Inspector<'a> {
    /// Where they are counted.
    pub outcome: &'a mut Outcome,
    /// Secrets that must not show.
    pub canaries: Vec<Canary>,
}

impl Inspector<'_> {
    /// Inspects a text.
    pub fn inspect(&mut self, place: &str, text: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(text.as_ref());
        let secret = text.lines().find(|line| self.finds(line));
        let line = secret.unwrap_or_default();
        let failure = format_args!("a secret shows in {place}: {line:.MAX_SHOWN$}");
        self.outcome.expect(secret.is_none(), failure);
    }

    /// Inspects every name and every file below a directory.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn inspect_dir(&mut self, dir: &Path) -> Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            let place = path.display().to_string();
            self.inspect(&place, entry.file_name().as_encoded_bytes());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.inspect_dir(&path)?;
            } else if kind.is_file() {
                self.inspect(&place, fs::read(&path)?);
            }
        }
        Ok(())
    }

    /// Whether one of the secrets shows in there.
    pub fn finds(&self, bytes: impl AsRef<[u8]>) -> bool {
        self.canaries
            .iter()
            .any(|canary| canary.is_in(bytes.as_ref()))
    }

    /// Counts a condition without which the rest would prove nothing.
    pub fn expect(&mut self, what: &str, holds: bool) {
        let failure = format_args!("not as expected: {what}");
        self.outcome.expect(holds, failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORE: &str = "Canary7Core0123456789";

    #[test]
    fn a_secret_is_found_in_every_encoding_and_nothing_else_is() {
        let canary = Canary::new(CORE);
        for around in ["", "a", "ab", "abc", "Bearer \"x+/=", "ä"] {
            let secret = format!("{around}{CORE}{around}");
            let hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
            let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let base64 = STANDARD.encode(&secret);
            for text in [&secret, &hex, &percent, &base64, &secret.to_lowercase()] {
                let line = format!("log: {text}!");
                assert!(canary.is_in(line.as_bytes()), "{around}: {text}");
            }
        }
        let other = &CORE[..CORE.len() - 1];
        assert!(!canary.is_in(other.as_bytes()));
        assert!(!canary.is_in(STANDARD.encode(other).as_bytes()));
        assert!(!canary.is_in(b""));
    }

    #[test]
    fn a_planted_file_is_found() {
        let home = tempfile::tempdir().expect("a directory");
        let inspected = || {
            Outcome::of("x", |outcome| {
                let canaries = vec![Canary::new(CORE)];
                Inspector { outcome, canaries }.inspect_dir(home.path())
            })
        };
        let write = |path: &str, content: &str| {
            fs::write(home.path().join(path), content).expect("a file");
        };
        fs::create_dir_all(home.path().join("a/b")).expect("a directory");
        write("a/b/c", "nothing");
        assert!(inspected().is_good());
        write("a/b/d", &format!("x={CORE}"));
        assert!(!inspected().is_good());
        fs::remove_file(home.path().join("a/b/d")).expect("no file");
        write(&format!("a/{CORE}"), "");
        assert!(!inspected().is_good());
    }
}
