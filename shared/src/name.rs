//! Project names: one rule for the page, the API, the command line and the worker.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::latin::to_ascii;

/// Minimum length of a name, in characters.
pub const MIN_LENGTH: usize = 2;
/// Maximum length of a name, in characters.
pub const MAX_LENGTH: usize = 64;
/// Rule for names in one sentence, for people.
pub const RULE: &str = "A name has 2 to 64 characters: letters A to Z, digits, `_` and `-`; \
                        it starts with a letter or digit.";

/// A valid project name: [`MIN_LENGTH`] to [`MAX_LENGTH`] ASCII letters, digits, `_` and `-`, the
/// first a letter or digit, and not a Windows device name.
///
/// Case is kept. Names that differ only by case conflict ([`ProjectName::case_conflict`]).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(
        pattern = "^(?!([Cc][Oo][Nn]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]\
                   |([Cc][Oo][Mm]|[Ll][Pp][Tt])[0-9])$)[A-Za-z0-9][A-Za-z0-9_-]{1,63}$",
        example = "MyCharacter"
    )
)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectName(String);

impl ProjectName {
    /// Validates `text`; nothing is trimmed or changed.
    ///
    /// # Errors
    /// The first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let name = text.to_owned();
        match broken_rule(text) {
            None => Ok(Self(name)),
            Some(rule) => Err(NameError { text: name, rule }),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Entry that differs from this name only by case, which Windows and macOS cannot tell from it;
    /// `None` if an entry has exactly this name. `renamed` is the entry that takes this name, if any.
    pub fn case_conflict<'e>(
        &self,
        entries: impl IntoIterator<Item = &'e str>,
        renamed: Option<&str>,
    ) -> Option<&'e str> {
        let mut conflict = None;
        for entry in entries {
            if entry == self.0 {
                return None;
            }
            let is_renamed = renamed == Some(entry);
            if entry.eq_ignore_ascii_case(&self.0) && !is_renamed {
                conflict.get_or_insert(entry);
            }
        }
        conflict
    }
}

fn broken_rule(text: &str) -> Option<NameRule> {
    if text.is_empty() {
        return Some(NameRule::Empty);
    }
    for (index, character) in text.chars().enumerate() {
        if !is_allowed(character) {
            return Some(NameRule::BadCharacter {
                character,
                position: index + 1,
            });
        }
        if index == 0 && !character.is_ascii_alphanumeric() {
            return Some(NameRule::BadStart { character });
        }
    }
    // Every character is ASCII from here on, so bytes are characters.
    match text.len() {
        length if length < MIN_LENGTH => Some(NameRule::TooShort),
        length if length > MAX_LENGTH => Some(NameRule::TooLong { length }),
        _ if is_windows_device(text) => Some(NameRule::Device {
            name: text.to_owned(),
        }),
        _ => None,
    }
}

/// Text that is not a valid project name. `Display` is the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct NameError {
    /// The text as given.
    pub text: String,
    /// The first rule that it breaks.
    pub rule: NameRule,
}

/// Rule that a name breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameRule {
    /// No characters.
    #[error("The project name is empty.")]
    Empty,
    /// Fewer than [`MIN_LENGTH`] characters.
    #[error("The project name is too short: it needs at least 2 characters.")]
    TooShort,
    /// More than [`MAX_LENGTH`] characters.
    #[error("The project name is too long: it has {length} characters, and the maximum is 64.")]
    TooLong {
        /// Length in characters.
        length: usize,
    },
    /// The first character is neither a letter nor a digit.
    #[error("A project name starts with a letter or digit, not with {}.", describe(*character))]
    BadStart {
        /// The first character.
        character: char,
    },
    /// A character other than an ASCII letter, digit, `_` or `-`.
    #[error(
        "A project name may not contain {} (character {position}): use letters A to Z, digits, \
         `_` and `-`.",
        describe(*character)
    )]
    BadCharacter {
        /// The first character that is not allowed.
        character: char,
        /// Position in characters, counted from 1.
        position: usize,
    },
    /// A name that Windows reserves for a device.
    #[error("`{name}` is a device name on Windows and cannot name a folder there.")]
    Device {
        /// The name as given.
        name: String,
    },
}

impl NameRule {
    /// Identifier of the rule, for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::BadStart { .. } => "bad_start",
            Self::BadCharacter { .. } => "bad_character",
            Self::Device { .. } => "device_name",
        }
    }
}

/// A valid name similar to `text`, `text` itself if it is valid, or `None` if nothing of it can be
/// kept.
pub fn suggest(text: &str) -> Option<String> {
    if ProjectName::parse(text).is_ok() {
        return Some(text.to_owned());
    }
    let mut name = String::new();
    for character in to_ascii(trim(text)).chars() {
        if is_allowed(character) && (!name.is_empty() || character.is_ascii_alphanumeric()) {
            name.push(character);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
        if name.len() == MAX_LENGTH {
            break;
        }
    }
    let mut name = name.trim_end_matches('_').to_owned();
    if name.is_empty() {
        return None;
    }
    if name.len() < MIN_LENGTH || is_windows_device(&name) {
        name.push_str("_project");
    }
    Some(name)
}

/// Text without the spaces and invisible characters around it, which come along when a name is pasted.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Names like `name` with a number, in the order to try them if it is taken: `Hero_2`, `Hero_3`, …
pub fn numbered(name: &ProjectName) -> impl Iterator<Item = ProjectName> {
    let text = name.as_str();
    let counted = text
        .rsplit_once('_')
        .and_then(|(stem, number)| Some((stem, number.parse::<u16>().ok()?)));
    let (stem, last) = counted
        .filter(|(_, number)| *number > 1)
        .unwrap_or((text, 1));
    let numbers = u32::from(last) + 1..;
    numbers.filter_map(move |number| {
        let end = format!("_{number}");
        let length = stem.len().min(MAX_LENGTH.saturating_sub(end.len()));
        // Names are ASCII.
        ProjectName::parse(&format!("{}{end}", &stem[..length])).ok()
    })
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '-'
}

fn is_windows_device(text: &str) -> bool {
    matches!(
        text.to_ascii_uppercase().as_bytes(),
        b"CON"
            | b"PRN"
            | b"AUX"
            | b"NUL"
            | [b'C', b'O', b'M', b'0'..=b'9']
            | [b'L', b'P', b'T', b'0'..=b'9']
    )
}

/// A character as a person can recognize it, even an invisible one.
fn describe(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\n' | '\r' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        '`' => "a backtick".to_owned(),
        _ if character.is_control() || character.is_whitespace() || is_invisible(character) => {
            format!("the invisible character U+{:04X}", u32::from(character))
        }
        _ => format!("`{character}`"),
    }
}

/// Zero-width and bidirectional control characters, which would hide in a sentence or reorder it.
fn is_invisible(character: char) -> bool {
    matches!(u32::from(character),
        0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0xFEFF | 0xE0000..=0xE007F)
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ProjectName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<ProjectName> for String {
    fn from(name: ProjectName) -> Self {
        name.0
    }
}
