//! Text of other alphabets in ASCII letters, for suggested names and for searching.

/// Letters from U+00C0 to U+017F without their marks; `*` stands for several letters, `?` for none.
const LATIN: &str = "AAAAAA*CEEEEIIIIDNOOOOO?OUUUUY**aaaaaa*ceeeeiiiidnooooo?ouuuuy*y\
    AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi**JjKkkLlLlLlLlLlNnNnNnnNnOoOoOo**\
    RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
/// Letters from U+1E00 to U+1EFF, which include those of Vietnamese.
const ADDITIONAL: &str = "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMm\
    NnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwyasss*d\
    AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy\
    **VvYy";
/// Capitals, small letters, and what stands for them. A list is smaller than a `match`, which
/// becomes a table with a place for every character between the first and the last.
const SPECIAL: [(&str, &str, &str); 17] = [
    ("Æ", "æ", "ae"),
    ("Œ", "œ", "oe"),
    ("Þ", "þ", "th"),
    ("ẞ", "ß", "ss"),
    ("Ĳ", "ĳ", "ij"),
    ("Ỻ", "ỻ", "ll"),
    ("Ș", "ș", "s"),
    ("Ț", "ț", "t"),
    ("ƠΌΏ", "ơόώ", "o"),
    ("ƯЎ", "ưў", "u"),
    ("Ά", "ά", "a"),
    ("Έ", "έ", "e"),
    ("ΉΊΪІ", "ήίϊΐі", "i"),
    ("ΎΫ", "ύϋΰ", "y"),
    ("Ё", "ё", "yo"),
    ("ЄЇ", "єї", "ye"),
    ("Ґ", "ґ", "g"),
];
/// Small letters from U+03B1 and from U+0430, four places for each, filled up with dots.
const GREEK: &str = "\
    a...v...g...d...e...z...i...th..i...k...l...m...n...x...o...p...r...s...s...t...y...f...\
    ch..ps..o...";
const CYRILLIC: &str = "\
    a...b...v...g...d...e...zh..z...i...y...k...l...m...n...o...p...r...s...t...u...f...kh..\
    ts..ch..sh..shch....y.......e...yu..ya..";

/// Text with letters of Latin, Greek and Cyrillic alphabets in ASCII; everything else stays.
pub fn to_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for character in text.chars() {
        push(&mut ascii, character);
    }
    ascii
}

/// Text as it is compared in a search: in small ASCII letters, and with `_` between words.
pub fn fold(text: &str) -> String {
    let folded = to_ascii(text).to_lowercase();
    folded.replace([' ', '-'], "_")
}

/// Words that a search looks for.
#[derive(Clone, Debug, Default)]
pub struct Words(Vec<String>);

impl Words {
    /// Words of a search, which are separated by spaces.
    pub fn new(q: &str) -> Self {
        Self(q.split_whitespace().map(fold).collect())
    }

    /// Whether there are none, so that everything matches.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a name, which is folded, contains all words, in any order.
    pub fn match_folded(&self, name: &str) -> bool {
        self.0.iter().all(|word| name.contains(word.as_str()))
    }
}

fn push(ascii: &mut String, character: char) {
    let code = u32::from(character);
    let letter = |table: &str, first| {
        let letter = table.as_bytes().get((code - first) as usize);
        letter.map_or('?', |letter| char::from(*letter))
    };
    let known = match code {
        ..0xC0 => character,
        0xC0..=0x17F => letter(LATIN, 0xC0),
        0x1E00..=0x1EFF => letter(ADDITIONAL, 0x1E00),
        // The forms of full width, which input methods for Chinese and Japanese produce.
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(character),
        // Marks that follow the letter they belong to, as macOS writes names.
        0x300..=0x36F => return,
        _ => '*',
    };
    match known {
        '*' => push_letters(ascii, character),
        '?' if code >= 0xC0 => ascii.push(character),
        known => ascii.push(known),
    }
}

/// Adds a letter that several stand for.
fn push_letters(ascii: &mut String, character: char) {
    let special = SPECIAL.iter().find_map(|(capitals, small, letters)| {
        let is_capital = capitals.chars().any(|other| other == character);
        let is_listed = is_capital || small.chars().any(|other| other == character);
        is_listed.then_some((*letters, is_capital))
    });
    match special.or_else(|| of_alphabet(character)) {
        Some((letters, is_capital)) => push_word(ascii, letters, is_capital),
        None => ascii.push(character),
    }
}

fn push_word(ascii: &mut String, letters: &str, is_capital: bool) {
    for (index, byte) in letters.bytes().filter(|byte| *byte != b'.').enumerate() {
        let is_capital = is_capital && index == 0;
        let byte = if is_capital {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        ascii.push(char::from(byte));
    }
}

/// Letters for one of the Greek or Cyrillic alphabet, and whether it is a capital. Case is computed,
/// because the standard library's tables of it would be a tenth of the worker.
fn of_alphabet(character: char) -> Option<(&'static str, bool)> {
    let code = u32::from(character);
    let (table, place, is_capital) = match code {
        0x391..=0x3A9 => (GREEK, code - 0x391, true),
        0x3B1..=0x3C9 => (GREEK, code - 0x3B1, false),
        0x410..=0x42F => (CYRILLIC, code - 0x410, true),
        0x430..=0x44F => (CYRILLIC, code - 0x430, false),
        _ => return None,
    };
    let start = 4 * place as usize;
    Some((table.get(start..start + 4)?, is_capital))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_a_letter_for_every_character() {
        assert_eq!(LATIN.len(), 0x180 - 0xC0);
        assert_eq!(ADDITIONAL.len(), 0x1F00 - 0x1E00);
        assert_eq!(GREEK.len(), 4 * (0x3CA - 0x3B1));
        assert_eq!(CYRILLIC.len(), 4 * (0x450 - 0x430));
    }

    #[test]
    fn letters_of_other_alphabets_become_ascii() {
        for (text, ascii) in [
            ("Ünïcodé", "Unicode"),
            ("U\u{308}ni\u{308}code\u{301}", "Unicode"),
            ("Straße Łódź Ærø Ÿ", "Strasse Lodz Aero Y"),
            ("Đặng Nguyễn", "Dang Nguyen"),
            ("Ştefan Ștefan", "Stefan Stefan"),
            ("Робот Объект Щука Ёж", "Robot Obekt Shchuka Yozh"),
            ("Ήρωας Θησέας", "Iroas Thiseas"),
            ("Ｈｅｒｏ＿１", "Hero_1"),
            ("a×b 名前 ?*", "a×b 名前 ?*"),
        ] {
            assert_eq!(to_ascii(text), ascii);
        }
    }

    #[test]
    fn a_search_finds_words_in_any_order_and_spelling() {
        let matches = |q, name| Words::new(q).match_folded(&fold(name));
        assert!(matches("ember fox", "Ember_Fox"));
        assert!(matches(" FOX  ember", "Ember-Fox"));
        assert!(matches("ember-fox", "My Ember Fox"));
        assert!(matches("APFEL", "Äpfel") && matches("äpfel", "A\u{308}pfel"));
        assert!(matches("äpfel", "apfel"));
        assert!(!matches("ember-fox", "Fox_Ember"));
        assert!(!matches("ember fox", "Emberly"));
        assert!(Words::new("  ").is_empty() && matches("", "Robot"));
    }
}
