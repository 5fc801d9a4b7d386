//! Quoting of command lines that are shown to people, for the shell that reads them.

use std::borrow::Cow;

use clap::ValueEnum;

/// Shell, by its quoting rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// sh, bash, zsh and similar shells.
    Posix,
    /// Windows PowerShell 5.1, which is part of Windows.
    Powershell,
    /// PowerShell 7.3 or later, on every system.
    Pwsh,
    /// Command Prompt of Windows, typed at the prompt.
    Cmd,
}

impl Default for Shell {
    fn default() -> Self {
        if cfg!(windows) {
            Self::Powershell
        } else {
            Self::Posix
        }
    }
}

impl Shell {
    /// Shells that people use on this system.
    pub const LOCAL: &'static [Self] = if cfg!(windows) {
        &[Self::Cmd, Self::Powershell]
    } else {
        &[Self::Posix]
    };

    fn name(self) -> &'static str {
        match self {
            Self::Posix => "sh",
            Self::Powershell => "PowerShell",
            Self::Pwsh => "PowerShell 7",
            Self::Cmd => "cmd",
        }
    }
}

/// Command line of `words` for each of the shells; a single one if they agree.
pub fn lines(shells: &[Shell], words: &[&str]) -> Vec<String> {
    let line = |shell: Shell| {
        let words: Vec<_> = words.iter().map(|text| word(text, shell)).collect();
        words.join(" ")
    };
    let all: Vec<(Shell, String)> = shells.iter().map(|shell| (*shell, line(*shell))).collect();
    if all.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return all.into_iter().take(1).map(|(_, line)| line).collect();
    }
    all.into_iter()
        .map(|(shell, line)| format!("{line}   ({})", shell.name()))
        .collect()
}

/// Field of a line of comma-separated values, which is how Docker reads `--mount`.
pub fn field(text: &str) -> Cow<'_, str> {
    if text.contains([',', '"']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}

/// Quotes a word without control characters for a shell that passes it to a program.
pub fn word(text: &str, shell: Shell) -> Cow<'_, str> {
    match shell {
        Shell::Posix if is_plain(text, ",+@%") => text.into(),
        Shell::Posix => format!("'{}'", text.replace('\'', r"'\''")).into(),
        _ if is_plain(text, "\\") => text.into(),
        Shell::Pwsh => format!("'{}'", double_quotes(text)).into(),
        // It passes double quotes on as they are, so they are escaped for the program, too.
        Shell::Powershell => format!("'{}'", double_quotes(&escape(text))).into(),
        Shell::Cmd => prompt(text).into(),
    }
}

/// Whether no character of the text is special to a shell; `more` lists further plain characters.
fn is_plain(text: &str, more: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=".contains(c) || more.contains(c);
    !text.is_empty() && text.chars().all(plain)
}

/// Doubles the single quotes, as PowerShell wants it within single quotes; curly ones count, too.
fn double_quotes(text: &str) -> String {
    with_marks(text, |c| {
        matches!(c, '\'' | '\u{2018}'..='\u{201B}').then_some(c)
    })
}

/// Puts a mark before each character that has one.
fn with_marks(text: &str, mark: impl Fn(char) -> Option<char>) -> String {
    text.chars()
        .flat_map(|c| mark(c).into_iter().chain([c]))
        .collect()
}

/// Escapes double quotes as Windows programs read their command line: a backslash escapes a quote,
/// and itself only before a quote.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '"' {
            escaped.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        escaped.push(c);
    }
    escaped
}

/// Quotes a word for the Command Prompt. Between quotes it still expands `%NAME%`, so a text with
/// `%` is not quoted for it: every special character, including the quotes for the program, is
/// escaped with `^`, and no variable has `^` in its name.
fn prompt(text: &str) -> String {
    let backslashes = text.len() - text.trim_end_matches('\\').len();
    let for_program = format!("\"{}{}\"", escape(text), "\\".repeat(backslashes));
    if !text.contains(['%', '!', '"']) {
        return for_program;
    }
    with_marks(&for_program, |c| "()%!^\"<>&|".contains(c).then_some('^'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_if_necessary() {
        for (text, expected) in [
            (r"source=E:\3D", r"source=E:\3D"),
            (r"source=E:\a b", r"source=E:\a b"),
            (r"source=E:\a,b", r#""source=E:\a,b""#),
            (r#"source=/a"b"#, r#""source=/a""b""#),
        ] {
            assert_eq!(field(text), expected);
        }
    }

    #[test]
    fn a_word_is_quoted_for_its_shell() {
        use Shell::{Cmd, Posix, Powershell, Pwsh};
        for (text, shell, expected) in [
            (r"a=E:\3D", Pwsh, r"a=E:\3D"),
            (r"a=E:\3D", Cmd, r"a=E:\3D"),
            (r"a=\\host\x", Powershell, r"a=\\host\x"),
            (r"a=E:\2D Programs", Posix, r"'a=E:\2D Programs'"),
            (r"a=E:\2D Programs", Pwsh, r"'a=E:\2D Programs'"),
            (r"a=E:\2D Programs", Powershell, r"'a=E:\2D Programs'"),
            (r"a=E:\2D Programs", Cmd, r#""a=E:\2D Programs""#),
            ("a,b", Pwsh, "'a,b'"),
            ("a$b`c", Pwsh, "'a$b`c'"),
            ("a$b`c", Posix, "'a$b`c'"),
            ("a$b`c", Cmd, "\"a$b`c\""),
            ("it's", Posix, r"'it'\''s'"),
            ("a=/srv/3D,t", Posix, "a=/srv/3D,t"),
            ("it's", Pwsh, "'it''s'"),
            ("it’s", Powershell, "'it’’s'"),
            ("it's", Cmd, "\"it's\""),
            ("a&b|c^d", Cmd, "\"a&b|c^d\""),
            ("50%a%", Pwsh, "'50%a%'"),
            ("50%a%", Cmd, "^\"50^%a^%^\""),
            ("a!b & c", Cmd, "^\"a^!b ^& c^\""),
            (r#""s=E:\a,b",t"#, Pwsh, r#"'"s=E:\a,b",t'"#),
            (r#""s=E:\a,b",t"#, Powershell, r#"'\"s=E:\a,b\",t'"#),
            (r#""s=E:\a,b",t"#, Cmd, r#"^"\^"s=E:\a,b\^",t^""#),
            (r#"a b\"c"#, Powershell, r#"'a b\\\"c'"#),
            (r"a b\", Cmd, r#""a b\\""#),
        ] {
            assert_eq!(word(text, shell), expected, "{text} for {shell:?}");
        }
    }

    #[test]
    fn shells_that_agree_share_one_line() {
        let windows = [Shell::Cmd, Shell::Powershell];
        let command = |path| ["podslate", "push", "Robot", "--workspace", path];
        assert_eq!(
            lines(&windows, &command(r"C:\work")),
            [r"podslate push Robot --workspace C:\work"]
        );
        assert_eq!(
            lines(&windows, &command(r"E:\2D Programs")),
            [
                "podslate push Robot --workspace \"E:\\2D Programs\"   (cmd)",
                "podslate push Robot --workspace 'E:\\2D Programs'   (PowerShell)",
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn sh_reads_the_original_text() {
        for text in [
            r"\\studio\3D Projects\Inputs",
            "it's $HOME `x` \"y\" \\ *",
            "",
            "-n",
            "a\nb",
            "ä ,;&|",
        ] {
            let line = format!("printf %s {}", word(text, Shell::Posix));
            let output = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), text);
        }
    }
}
