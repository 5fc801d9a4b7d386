//! Text of a terminal: escape codes become styles or disappear.

/// Piece of text with the classes of its style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    pub classes: Vec<&'static str>,
    pub text: String,
}

const COLORS: [&str; 8] = [
    "ansi-black",
    "ansi-red",
    "ansi-green",
    "ansi-yellow",
    "ansi-blue",
    "ansi-magenta",
    "ansi-cyan",
    "ansi-white",
];
const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// Style that is set at some place.
#[derive(Clone, Copy, Default, PartialEq)]
struct Style {
    is_bold: bool,
    is_dim: bool,
    is_italic: bool,
    is_underlined: bool,
    color: Option<usize>,
}

/// The pieces of a line as a terminal shows it.
pub fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces: Vec<(Style, String)> = Vec::new();
    let mut style = Style::default();
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        match character {
            ESCAPE => escape(&mut rest, &mut style),
            '\u{9b}' => control(&mut rest, &mut style),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut rest),
            // What follows is written over the line.
            '\r' if !rest.as_str().trim_end_matches('\r').is_empty() => pieces.clear(),
            '\u{8}' => erase(&mut pieces),
            '\t' => push(&mut pieces, style, '\t'),
            character if character.is_control() => {}
            character => push(&mut pieces, style, character),
        }
    }
    let piece = |(style, text): (Style, String)| Piece {
        classes: style.classes(),
        text,
    };
    pieces.into_iter().map(piece).collect()
}

/// The text of a line without its escape codes.
pub fn plain(line: &str) -> String {
    pieces(line).into_iter().map(|piece| piece.text).collect()
}

fn push(pieces: &mut Vec<(Style, String)>, style: Style, character: char) {
    match pieces.last_mut() {
        Some((last, text)) if *last == style => text.push(character),
        _ => pieces.push((style, character.into())),
    }
}

fn erase(pieces: &mut Vec<(Style, String)>) {
    if let Some((_, text)) = pieces.last_mut() {
        text.pop();
        if text.is_empty() {
            pieces.pop();
        }
    }
}

fn escape(rest: &mut std::str::Chars<'_>, style: &mut Style) {
    match rest.next() {
        Some('[') => control(rest, style),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        // The character set, for example `ESC ( B`.
        Some(' '..='/') => {
            for character in rest.by_ref() {
                if !matches!(character, ' '..='/') {
                    break;
                }
            }
        }
        _ => {}
    }
}

/// A sequence that ends with a letter; `m` sets the style, and the others move the cursor or clear.
fn control(rest: &mut std::str::Chars<'_>, style: &mut Style) {
    let start = rest.as_str();
    let mut length = 0;
    for character in rest.by_ref() {
        match character {
            ' '..='?' => length += 1,
            'm' => return style.apply(&start[..length]),
            _ => return,
        }
    }
}

/// A string for the terminal, such as the window's title; ends with BEL, ST or ESC \.
fn skip_string(rest: &mut std::str::Chars<'_>) {
    while let Some(character) = rest.next() {
        match character {
            BELL | '\u{9c}' => return,
            ESCAPE => {
                rest.next();
                return;
            }
            _ => {}
        }
    }
}

impl Style {
    fn apply(&mut self, parameters: &str) {
        let mut numbers = parameters.split(';').map(|parameter| {
            // Only the first part of `38:2::255:0:0` and `4:3` counts.
            let first = parameter.split(':').next().unwrap_or_default();
            let has_more = parameter.contains(':');
            (first.parse().unwrap_or(0_u16), has_more)
        });
        while let Some((number, has_more)) = numbers.next() {
            match number {
                0 => *self = Self::default(),
                1 => self.is_bold = true,
                2 => self.is_dim = true,
                3 => self.is_italic = true,
                4 => self.is_underlined = true,
                22 => (self.is_bold, self.is_dim) = (false, false),
                23 => self.is_italic = false,
                24 => self.is_underlined = false,
                30..=37 => self.color = Some(usize::from(number - 30)),
                90..=97 => self.color = Some(usize::from(number - 90)),
                39 => self.color = None,
                38 | 48 if !has_more => {
                    let color = palette(&mut numbers);
                    if number == 38 {
                        self.color = color;
                    }
                }
                _ => {}
            }
        }
    }

    fn classes(self) -> Vec<&'static str> {
        let flags = [
            (self.is_bold, "ansi-bold"),
            (self.is_dim, "ansi-dim"),
            (self.is_italic, "ansi-italic"),
            (self.is_underlined, "ansi-underlined"),
        ];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
        let color = self.color.and_then(|color| COLORS.get(color).copied());
        flags.map(|(_, class)| class).chain(color).collect()
    }
}

/// The color of `38;5;n` if it is one of the first 16; others and `38;2;r;g;b` are not told apart.
fn palette(numbers: &mut impl Iterator<Item = (u16, bool)>) -> Option<usize> {
    match numbers.next() {
        Some((5, _)) => {
            let (number, _) = numbers.next()?;
            (number < 16).then_some(usize::from(number % 8))
        }
        Some((2, _)) => {
            numbers.nth(2);
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_do_not_show() {
        for (line, expected) in [
            ("plain é", "plain é"),
            ("\u{1b}[2K\u{1b}[1Ga\u{1b}[?25lb\u{1b}[0m", "ab"),
            (
                "\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "alink",
            ),
            ("\u{1b}(Ba\u{1b}=b\u{1b}M", "ab"),
            ("\u{9b}31ma\u{9d}x\u{9c}b\0\u{7}", "ab"),
            (" 10%\r 50%\r100%", "100%"),
            ("done\r", "done"),
            ("ab\u{8}c\td", "ac\td"),
            ("cut \u{1b}[1;", "cut "),
            ("cut \u{1b}", "cut "),
        ] {
            assert_eq!(plain(line), expected, "{line:?}");
        }
    }

    #[test]
    fn colors_become_classes() {
        let classes = |line: &str| -> Vec<String> {
            let piece = |piece: Piece| format!("{}:{}", piece.text, piece.classes.join(" "));
            pieces(line).into_iter().map(piece).collect()
        };
        assert_eq!(
            classes("a\u{1b}[1;31mb\u{1b}[22mc\u{1b}[md"),
            ["a:", "b:ansi-bold ansi-red", "c:ansi-red", "d:"]
        );
        assert_eq!(
            classes("\u{1b}[38;5;9ma\u{1b}[38;2;1;2;3mb\u{1b}[38:2::1:2:3;4mc\u{1b}[97;48;5;1md"),
            [
                "a:ansi-red",
                "b:",
                "c:ansi-underlined",
                "d:ansi-underlined ansi-white"
            ]
        );
    }
}
