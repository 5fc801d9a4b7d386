//! Reading the JSON of a configuration, without building it, so that its depth and its numbers have
//! no limits.

use std::ops::Range;

use super::problem::ConfigReason;
use crate::layout::CONFIG_NAME_KEY;

const BYTE_ORDER_MARK: &str = "\u{FEFF}";

pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

/// Text of a JSON string between its quotes; `None` if it has an unpaired surrogate.
pub(super) fn unescape(source: &str) -> Option<String> {
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

pub(super) type Scan<T> = Result<T, (usize, ConfigReason)>;

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
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

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
    pub(super) fn configuration(&mut self) -> Scan<(Option<Range<usize>>, usize)> {
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
