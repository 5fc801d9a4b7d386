//! The one judge of a project's configuration: what it says, or why it cannot be used.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::layout::CONFIG_NAME_KEY;
use crate::name::ProjectName;

/// Maximum size of a configuration, in bytes. Nobody writes a larger one by hand.
pub const MAX_SIZE: usize = 4 << 20;

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// Declares the reasons, a row each: variant, code for programs, part of a sentence for people.
macro_rules! reasons {
    ($($variant:ident = $code:literal, $text:literal;)*) => {
        /// Reason why a configuration cannot be used.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum ConfigReason {
            $(#[doc = $text] #[serde(rename = $code)] $variant,)*
        }

        impl ConfigReason {
            /// Every reason, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Spelling in JSON.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// Part of a sentence for people.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

reasons! {
    Unreadable = "unreadable", "it cannot be read";
    Link = "link", "it is a link, which podslate does not follow";
    Folder = "folder", "it is a folder, not a file";
    Special = "special", "it is not a regular file";
    FolderReplaced = "folder_replaced", "`pipeline` is a link or a file, not a folder";
    TooLarge = "too_large", "it is larger than 4 MiB, the most that podslate reads";
    Empty = "empty", "it is empty";
    Utf16 = "utf16", "it is UTF-16 text; save it as UTF-8";
    NotUtf8 = "not_utf8", "it is not UTF-8 text";
    NotObject = "not_object", "it is not a JSON object: nothing but `{…}` can hold the name";
    NameTwice = "name_twice", "it has `project_name` twice";
    Comment = "comment", "it has a comment, which JSON does not allow";
    TrailingComma = "trailing_comma", "it has a comma before a closing bracket";
    ExtraComma = "extra_comma", "it has a comma where a value is expected";
    MissingComma = "missing_comma", "a comma is missing";
    MissingColon = "missing_colon", "a colon is missing after a key";
    SingleQuotes = "single_quotes", "it has single quotes; JSON needs double quotes";
    CurlyQuotes = "curly_quotes", "it has typographic quotes; JSON needs straight double quotes";
    NotANumber = "not_a_number", "it has `NaN` or `Infinity`, which JSON does not allow";
    PythonWord = "python_word", "it has `True`, `False` or `None`; JSON needs `true`, `false` or `null`";
    UnquotedKey = "unquoted_key", "it has a key without double quotes";
    UnquotedText = "unquoted_text", "it has a text without double quotes";
    BadNumber = "bad_number", "it has a number that JSON does not allow";
    BadEscape = "bad_escape", "it has a single backslash in a text; write it twice";
    LineBreakInText = "line_break_in_text", "it has a text with a line break or another control character";
    UnclosedText = "unclosed_text", "it has a text that does not end";
    Unfinished = "unfinished", "it ends too early";
    ExtraText = "extra_text", "it goes on after its end";
    Unexpected = "unexpected_character", "it has a character that JSON does not allow there";
}

/// Why a configuration cannot be used, and where. `Display` is a part of a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConfigProblem {
    /// Kind of the problem, for programs.
    pub reason: ConfigReason,
    /// Line, counted from 1; absent if the problem has no position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in characters, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl From<ConfigReason> for ConfigProblem {
    fn from(reason: ConfigReason) -> Self {
        Self {
            reason,
            line: None,
            column: None,
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.text())?;
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, " (line {line}, column {column})"),
            _ => Ok(()),
        }
    }
}

/// A configuration that can be used: a JSON object with at most one name, of any depth and with
/// any numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    text: &'a str,
    name: Option<Range<usize>>,
    /// Position after the opening bracket.
    inside: usize,
}

impl<'a> Config<'a> {
    /// Judges the bytes of a configuration.
    ///
    /// # Errors
    /// The first problem.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ConfigProblem> {
        if bytes.len() > MAX_SIZE {
            return Err(ConfigReason::TooLarge.into());
        }
        if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
            return Err(ConfigReason::Utf16.into());
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let valid = std::str::from_utf8(valid).unwrap_or_default();
                return Err(problem(valid, valid.len(), ConfigReason::NotUtf8));
            }
        };
        let mut scanner = Scanner { text, at: 0 };
        let scanned = scanner.configuration();
        let (name, inside) = scanned.map_err(|(at, reason)| match reason {
            ConfigReason::Empty => reason.into(),
            _ => problem(text, at, reason),
        })?;
        Ok(Self { text, name, inside })
    }

    /// The JSON, without a byte order mark.
    pub fn json(&self) -> &'a str {
        without_mark(self.text)
    }

    /// The name, if it is a text that can be one.
    pub fn name(&self) -> Option<String> {
        let source = self.text.get(self.name.clone()?)?;
        unescape(source.strip_prefix('"')?.strip_suffix('"')?)
    }

    /// The name, if it is a valid project name.
    pub fn project_name(&self) -> Option<ProjectName> {
        ProjectName::parse(&self.name()?).ok()
    }

    /// The same text with another name, and every other byte as it is. A missing name is added
    /// first, in the style of the file.
    pub fn with_name(&self, name: &ProjectName) -> String {
        let span = self.name.clone().unwrap_or(self.inside..self.inside);
        let value = ["\"", name.as_str(), "\""].concat();
        let before = self.text.get(..span.start).unwrap_or_default();
        let rest = self.text.get(span.end..).unwrap_or_default();
        if self.name.is_some() {
            return [before, &value, rest].concat();
        }
        let is_only = rest.trim_start().starts_with('}');
        let has_break = is_only || rest.starts_with(['\n', '\r']);
        let comma = if is_only { "" } else { "," };
        let first = if has_break { "" } else { "\n  " };
        [
            before,
            "\n  \"",
            CONFIG_NAME_KEY,
            "\": ",
            &value,
            comma,
            first,
            rest,
        ]
        .concat()
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn problem(text: &str, at: usize, reason: ConfigReason) -> ConfigProblem {
    let before = without_mark(text.get(..at).unwrap_or(text));
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let last = before.rsplit('\n').next().unwrap_or_default();
    let count = |number: usize| u32::try_from(number).ok().map(|number| number + 1);
    ConfigProblem {
        reason,
        line: count(lines),
        column: count(last.chars().count()),
    }
}

/// Text of a JSON string between its quotes; `None` if it has an unpaired surrogate.
fn unescape(source: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = source;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let kind = escape.chars().next()?;
        rest = escape.get(kind.len_utf8()..)?;
        text.push(match kind {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let mut unit = unit(&mut rest)?;
                if (0xD800..0xDC00).contains(&unit) {
                    rest = rest.strip_prefix("\\u")?;
                    let low = self::unit(&mut rest)?.checked_sub(0xDC00)?;
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low < 0x400).then_some(low)?;
                }
                char::from_u32(unit)?
            }
            other => other,
        });
    }
    text.push_str(rest);
    Some(text)
}

/// Takes four hexadecimal digits.
fn unit(rest: &mut &str) -> Option<u32> {
    let (digits, after) = rest.split_at_checked(4)?;
    *rest = after;
    u32::from_str_radix(digits, 16).ok()
}

type Scan<T> = Result<T, (usize, ConfigReason)>;

/// What the scanner looks for where it finds something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Key,
    Value,
    /// A comma or the end of an object or array.
    Next,
    End,
}

/// A position in the text.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Steps over a byte, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Span of the name's value, and the position inside the object.
    fn configuration(&mut self) -> Scan<(Option<Range<usize>>, usize)> {
        self.at = self.text.len() - without_mark(self.text).len();
        self.space();
        if self.peek().is_none() {
            return Err((self.at, ConfigReason::Empty));
        }
        let start = self.at;
        if !self.take(b'{') {
            self.value()?;
            self.end()?;
            return Err((start, ConfigReason::NotObject));
        }
        let inside = self.at;
        let mut name = None;
        self.space();
        let mut is_open = !self.take(b'}');
        while is_open {
            let start = self.at;
            let key = self.key()?;
            let value = self.at;
            self.value()?;
            if unescape(key).as_deref() == Some(CONFIG_NAME_KEY)
                && name.replace(value..self.at).is_some()
            {
                return Err((start, ConfigReason::NameTwice));
            }
            is_open = self.next(b'}')?;
        }
        self.end()?;
        Ok((name, inside))
    }

    fn end(&mut self) -> Scan<()> {
        self.space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected(Expected::End)),
        }
    }

    /// Steps over a key and its colon to its value; returns the text between the quotes.
    fn key(&mut self) -> Scan<&'a str> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(Expected::Key));
        }
        let start = self.at + 1;
        self.string()?;
        let key = self.text.get(start..self.at - 1).unwrap_or_default();
        self.space();
        if !self.take(b':') {
            return Err(match self.unexpected(Expected::Next) {
                (at, ConfigReason::MissingComma | ConfigReason::Unexpected) => {
                    (at, ConfigReason::MissingColon)
                }
                problem => problem,
            });
        }
        self.space();
        Ok(key)
    }

    /// Steps over a comma (true), or over the end of an object or array.
    fn next(&mut self, close: u8) -> Scan<bool> {
        self.space();
        if self.take(close) {
            return Ok(false);
        }
        let comma = self.at;
        if !self.take(b',') {
            return Err(self.unexpected(Expected::Next));
        }
        self.space();
        match self.peek() {
            Some(b'}' | b']') => Err((comma, ConfigReason::TrailingComma)),
            _ => Ok(true),
        }
    }

    /// Steps over a value of any depth.
    fn value(&mut self) -> Scan<()> {
        let mut open = Vec::new();
        loop {
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    self.space();
                    // The closing brackets are two after the opening ones.
                    let close = bracket + 2;
                    if !self.take(close) {
                        open.push(close);
                        if close == b'}' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => self.string()?,
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => self.word()?,
            }
            loop {
                let Some(close) = open.last().copied() else {
                    return Ok(());
                };
                if self.next(close)? {
                    if close == b'}' {
                        self.key()?;
                    }
                    break;
                }
                open.pop();
            }
        }
    }

    fn string(&mut self) -> Scan<()> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err((start, ConfigReason::UnclosedText)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(..=0x1F) => return Err((self.at, ConfigReason::LineBreakInText)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Scan<()> {
        let bytes = self.rest().as_bytes();
        self.at += match bytes {
            [_, b'u', digits @ ..] => match digits.get(..4) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return Err((self.at, ConfigReason::BadEscape)),
            },
            [
                _,
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                ..,
            ] => 2,
            _ => return Err((self.at, ConfigReason::BadEscape)),
        };
        Ok(())
    }

    fn number(&mut self) -> Scan<()> {
        let start = self.at;
        let bad = Err((start, ConfigReason::BadNumber));
        self.take(b'-');
        let is_zero = self.peek() == Some(b'0');
        match self.digits() {
            0 if self.rest().starts_with('I') => {
                return Err((start, ConfigReason::NotANumber));
            }
            0 => return bad,
            2.. if is_zero => return bad,
            _ => {}
        }
        if self.take(b'.') && self.digits() == 0 {
            return bad;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return bad;
            }
        }
        match self.peek() {
            Some(b'.' | b'_' | b'a'..=b'z' | b'A'..=b'Z') => bad,
            _ => Ok(()),
        }
    }

    /// Steps over digits; returns how many there were.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self) -> Scan<()> {
        let rest = self.rest();
        for word in ["true", "false", "null"] {
            if rest
                .strip_prefix(word)
                .is_some_and(|after| !after.starts_with(is_word))
            {
                self.at += word.len();
                return Ok(());
            }
        }
        Err(self.unexpected(Expected::Value))
    }

    /// The problem with the character at the position.
    fn unexpected(&self, expected: Expected) -> (usize, ConfigReason) {
        let rest = self.rest();
        let word = rest
            .split(|letter| !is_word(letter))
            .next()
            .unwrap_or_default();
        let reason = match rest.chars().next() {
            None => ConfigReason::Unfinished,
            Some('#') => ConfigReason::Comment,
            Some('/') if rest.starts_with("//") || rest.starts_with("/*") => ConfigReason::Comment,
            Some(_) if expected == Expected::End => ConfigReason::ExtraText,
            Some('\'') => ConfigReason::SingleQuotes,
            Some('\u{2018}'..='\u{201F}') => ConfigReason::CurlyQuotes,
            Some(',') => ConfigReason::ExtraComma,
            Some('"' | '{' | '[' | '-' | '0'..='9') if expected == Expected::Next => {
                ConfigReason::MissingComma
            }
            Some('0'..='9') if expected == Expected::Key => ConfigReason::UnquotedKey,
            Some('+' | '.') if expected == Expected::Value => ConfigReason::BadNumber,
            Some(_) if word.is_empty() => ConfigReason::Unexpected,
            Some(_) => match (expected, word) {
                (Expected::Key, _) => ConfigReason::UnquotedKey,
                (Expected::Next, _) => ConfigReason::MissingComma,
                (_, "NaN" | "nan" | "Infinity" | "inf" | "Inf") => ConfigReason::NotANumber,
                (_, "True" | "False" | "None") => ConfigReason::PythonWord,
                _ => ConfigReason::UnquotedText,
            },
        };
        (self.at, reason)
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == '$'
}
