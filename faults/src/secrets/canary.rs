//! A secret, and whether it shows.

use std::fs;
use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::item::Item;

/// So much of a line is shown that has a secret, which is none of anybody's.
const SHOWN: usize = 300;

/// A secret that must not show anywhere, in whatever form.
#[derive(Debug)]
pub struct Canary {
    forms: Vec<String>,
}

impl Canary {
    /// Looks for `core`, letters and digits in the middle of a secret: a form that leaves those alone,
    /// such as percent-encoding, or cuts an end off, still has them.
    pub fn new(core: &str) -> Self {
        let hex: String = core.bytes().map(|byte| format!("{byte:02x}")).collect();
        let percent: String = core.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let mut forms = vec![core.to_ascii_lowercase(), hex, percent];
        forms.extend((0..3).map(|before| inside_base64(core, before).to_ascii_lowercase()));
        Self { forms }
    }

    /// Whether it shows in there, whatever became of its capitals.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        self.forms.iter().any(|form| text.contains(form))
    }
}

/// The part of the Base64 of a text around `core` that is the same whatever is around it, if
/// `before` bytes, or three more, and so on, stand before.
fn inside_base64(core: &str, before: usize) -> String {
    let all = STANDARD.encode(" ".repeat(before) + core);
    let (start, end) = ((before * 8).div_ceil(6), (before + core.len()) * 8 / 6);
    all[start..end].to_owned()
}

/// Counts the places that were looked at.
#[derive(Debug)]
pub struct Look {
    /// Where it is counted.
    pub item: Item,
    /// What must not show.
    pub canaries: Vec<Canary>,
}

impl Look {
    /// Looks at what was said in some place.
    pub fn at(&mut self, place: &str, said: impl AsRef<[u8]>) {
        let said = String::from_utf8_lossy(said.as_ref());
        let is_secret = |line: &&str| self.canaries.iter().any(|it| it.is_in(line.as_bytes()));
        self.item.count(match said.lines().find(is_secret) {
            None => Ok(true),
            Some(line) => {
                let line: String = line.chars().take(SHOWN).collect();
                Err(format!("a secret shows in {place}: {line}"))
            }
        });
    }

    /// Looks at every name and every file below a folder.
    ///
    /// # Errors
    /// Something cannot be read.
    pub fn inside(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let shown = path.display().to_string();
            self.at(&shown, entry.file_name().as_encoded_bytes());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.inside(&path)?;
            } else if kind.is_file() {
                self.at(&shown, fs::read(&path)?);
            }
        }
        Ok(())
    }

    /// Counts whether something is as it has to be, for the rest to mean anything.
    pub fn expect(&mut self, what: &str, holds: bool) {
        let broken = || format!("not as expected: {what}");
        self.item.count(holds.then_some(true).ok_or_else(broken));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_in_every_form_and_only_then() {
        let core = "Canary7Core0123456789";
        let canary = Canary::new(core);
        for around in ["", "a", "ab", "abc", "Bearer \"x+/=", "ä"] {
            let secret = format!("{around}{core}{around}");
            let hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
            let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let base64 = STANDARD.encode(&secret);
            for form in [&secret, &hex, &percent, &base64, &secret.to_lowercase()] {
                assert!(
                    canary.is_in(format!("log: {form}!").as_bytes()),
                    "{around}: {form}"
                );
            }
        }
        let other = "Canary7Core012345678";
        assert!(!canary.is_in(other.as_bytes()));
        assert!(!canary.is_in(STANDARD.encode(other).as_bytes()));
        assert!(!canary.is_in(b""));
    }

    #[test]
    fn a_planted_file_is_found() {
        let home = tempfile::tempdir().expect("a directory");
        let look = || {
            let mut look = Look {
                item: Item::new("x"),
                canaries: vec![Canary::new("Canary7Core0123456789")],
            };
            look.inside(home.path()).expect("a folder");
            look.item
        };
        fs::create_dir_all(home.path().join("a/b")).expect("a folder");
        fs::write(home.path().join("a/b/c"), "nothing").expect("a file");
        assert!(look().is_good());
        fs::write(home.path().join("a/b/d"), "x=Canary7Core0123456789").expect("a file");
        assert!(!look().is_good());
        fs::rename(
            home.path().join("a/b/d"),
            home.path().join("a/Canary7Core0123456789"),
        )
        .expect("renamed");
        fs::write(home.path().join("a/Canary7Core0123456789"), "").expect("a file");
        assert!(!look().is_good());
    }
}
