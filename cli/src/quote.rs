//! Texts inside command lines that are shown to people, and paths of other systems.

use std::path::{Path, PathBuf};

/// A program that reads command lines.
#[allow(clippy::enum_variant_names, reason = "PowerShell is called so")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// `sh` and its relatives.
    Posix,
    /// `cmd.exe`.
    Cmd,
    /// PowerShell.
    PowerShell,
}

impl Shell {
    /// The shells that a person of this system may use.
    pub const HERE: &'static [Self] = if cfg!(windows) {
        &[Self::Cmd, Self::PowerShell]
    } else {
        &[Self::Posix]
    };

    fn name(self) -> &'static str {
        match self {
            Self::Posix => "sh",
            Self::Cmd => "cmd",
            Self::PowerShell => "PowerShell",
        }
    }

    /// `text` as one word of a command line.
    pub fn quote(self, text: &str) -> String {
        let plain = |character: char| {
            character.is_alphanumeric()
                || "_-./:=@+".contains(character)
                || (character == '\\' && self != Self::Posix)
                || (character == ',' && self != Self::PowerShell)
        };
        if !text.is_empty() && text.chars().all(plain) {
            return text.to_owned();
        }
        match self {
            Self::Posix => format!("'{}'", text.replace('\'', r"'\''")),
            Self::PowerShell => format!("'{}'", text.replace('\'', "''")),
            Self::Cmd => quoted_for_cmd(text),
        }
    }

    /// A whole command line.
    pub fn line<'a>(self, words: impl IntoIterator<Item = &'a str>) -> String {
        let words: Vec<String> = words.into_iter().map(|word| self.quote(word)).collect();
        words.join(" ")
    }
}

/// The command line of `words` for each shell of this system; only one where they agree.
pub fn lines(shells: &[Shell], words: &[&str]) -> Vec<String> {
    let all: Vec<(Shell, String)> = shells
        .iter()
        .map(|shell| (*shell, shell.line(words.iter().copied())))
        .collect();
    if all.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return all.into_iter().take(1).map(|(_, line)| line).collect();
    }
    all.into_iter()
        .map(|(shell, line)| format!("{line}   ({})", shell.name()))
        .collect()
}

/// Backslashes before a quote are doubled, as the C runtime of Windows reads them; a `%` leaves the
/// quotes, where `^` takes its meaning.
fn quoted_for_cmd(text: &str) -> String {
    let mut out = String::from("\"");
    let mut backslashes = 0;
    for character in text.chars() {
        match character {
            '"' => out.push_str(&"\\".repeat(backslashes + 1)),
            '%' => {
                out.push_str(&"\\".repeat(backslashes));
                out.push_str("\"^%\"");
                backslashes = 0;
                continue;
            }
            _ => {}
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
        out.push(character);
    }
    out.push_str(&"\\".repeat(backslashes));
    out.push('"');
    out
}

/// One field of a line of comma-separated values, as `docker run --mount` reads them.
pub fn csv(field: &str) -> String {
    let plain = !field.contains([',', '"', '\n', '\r']) && field.trim() == field;
    match plain {
        true => field.to_owned(),
        false => format!("\"{}\"", field.replace('"', "\"\"")),
    }
}

/// Whether `text` is an absolute path of Windows, with a drive or of the network, on whatever
/// system this program runs.
pub fn is_windows_absolute(text: &str) -> bool {
    let bytes = text.as_bytes();
    let separator = |index: usize| matches!(bytes.get(index), Some(b'\\' | b'/'));
    let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.get(1) == Some(&b':')
        && separator(2);
    drive || text.starts_with(r"\\")
}

/// `path` against `base`, unless it is absolute on this system or on Windows.
pub fn against(base: &Path, path: &Path) -> PathBuf {
    match path.to_str() {
        Some(text) if is_windows_absolute(text) => path.to_owned(),
        _ => base.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRIVE: &str = r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs";
    const SHARE: &str = r"\\studio\3D Projects\Inputs";

    #[test]
    fn paths_of_windows_are_quoted_for_each_shell() {
        let quoted =
            |text| [Shell::Posix, Shell::Cmd, Shell::PowerShell].map(|shell| shell.quote(text));
        assert_eq!(
            quoted(DRIVE),
            [
                format!("'{DRIVE}'"),
                format!("\"{DRIVE}\""),
                format!("'{DRIVE}'")
            ]
        );
        assert_eq!(
            quoted(SHARE),
            [
                format!("'{SHARE}'"),
                format!("\"{SHARE}\""),
                format!("'{SHARE}'")
            ]
        );
        assert_eq!(quoted(r"C:\a"), [r"'C:\a'", r"C:\a", r"C:\a"]);
        assert_eq!(
            quoted(r"C:\a b\"),
            [r"'C:\a b\'", r#""C:\a b\\""#, r"'C:\a b\'"]
        );
        assert_eq!(quoted("it's"), [r"'it'\''s'", "\"it's\"", "'it''s'"]);
        assert_eq!(
            quoted("$a %b%"),
            ["'$a %b%'", r#""$a "^%"b"^%"""#, "'$a %b%'"]
        );
        assert_eq!(quoted(r#"a\"b"#), [r#"'a\"b'"#, r#""a\\\"b""#, r#"'a\"b'"#]);
        assert_eq!(quoted(""), ["''", "\"\"", "''"]);
    }

    #[test]
    fn one_line_where_the_shells_agree() {
        let windows = [Shell::Cmd, Shell::PowerShell];
        let command = |path| ["podslate", "push", "Robot", "--workspace", path];
        assert_eq!(
            lines(&windows, &command(r"C:\work")),
            [r"podslate push Robot --workspace C:\work"]
        );
        assert_eq!(
            lines(&windows, &command(DRIVE)),
            [
                format!("podslate push Robot --workspace \"{DRIVE}\"   (cmd)"),
                format!("podslate push Robot --workspace '{DRIVE}'   (PowerShell)"),
            ]
        );
    }

    /// The real reader of the quoting gives the text back.
    #[cfg(unix)]
    #[test]
    fn sh_reads_what_was_meant() {
        for text in [
            DRIVE,
            SHARE,
            "it's $HOME `x` \"y\" \\ *",
            "",
            "-n",
            "a\nb",
            "ä ,;&|",
        ] {
            let line = format!("printf %s {}", Shell::Posix.quote(text));
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), text);
        }
    }

    #[test]
    fn a_field_with_a_comma_or_a_quote_is_quoted() {
        assert_eq!(csv("source=/a b"), "source=/a b");
        assert_eq!(csv(&format!("source={DRIVE}")), format!("source={DRIVE}"));
        assert_eq!(csv("source=/a,b"), "\"source=/a,b\"");
        assert_eq!(csv("source=/a\"b"), "\"source=/a\"\"b\"");
    }

    #[test]
    fn absolute_paths_of_windows_are_known_everywhere() {
        for path in [DRIVE, SHARE, "e:/2D Programs/x", r"\\?\C:\x"] {
            assert!(is_windows_absolute(path), "{path}");
            assert_eq!(
                against(Path::new("/home"), Path::new(path)),
                Path::new(path)
            );
        }
        for path in ["workspace", "/workspace", "E:", "E:x", "", "a:b/c", "//x"] {
            assert!(!is_windows_absolute(path), "{path}");
        }
        assert_eq!(
            against(Path::new("home"), Path::new("x")),
            Path::new("home").join("x")
        );
    }
}
