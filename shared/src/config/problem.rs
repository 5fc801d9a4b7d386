//! Reasons why a configuration cannot be used.

use std::fmt;

use serde::{Deserialize, Serialize};

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
