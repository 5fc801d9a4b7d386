//! Properties of project names.

use podslate_shared::name::{self, MAX_LENGTH, NameRule, ProjectName};
use proptest::prelude::*;

const DEVICES: [&str; 24] = [
    "CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7",
    "COM8", "COM9", "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

fn valid() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9_-]{1,63}".prop_filter("a device", |name| {
        !DEVICES.iter().any(|d| d.eq_ignore_ascii_case(name))
    })
}

fn in_some_case(word: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<bool>(), word.len()).prop_map(move |small| {
        let cased = |(c, small): (char, bool)| if small { c.to_ascii_lowercase() } else { c };
        word.chars().zip(small).map(cased).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_name_parses_and_round_trips(text in valid()) {
        let name = ProjectName::parse(&text).unwrap();
        prop_assert_eq!(name.to_string(), &*text);
        let json = serde_json::to_string(&name).unwrap();
        prop_assert_eq!(&json, &format!("\"{text}\""));
        prop_assert_eq!(serde_json::from_str::<ProjectName>(&json).unwrap(), name);
        prop_assert_eq!(name::suggest(&text), Some(text));
    }

    #[test]
    fn one_bad_character_anywhere_is_named(text in valid(), bad in any::<char>(), at in 0usize..64) {
        prop_assume!(!bad.is_ascii_alphanumeric() && bad != '_' && bad != '-');
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.min(characters.len());
        characters.insert(at, bad);
        let text: String = characters.into_iter().collect();
        let broken = ProjectName::parse(&text).unwrap_err();
        let rule = NameRule::BadCharacter { character: bad, position: at + 1 };
        prop_assert_eq!((&broken.rule, &broken.text), (&rule, &text));
        let sentence = broken.to_string();
        prop_assert!(sentence.chars().all(|c| !c.is_control()), "{sentence:?}");
    }

    #[test]
    fn a_device_name_is_refused_in_any_case(
        text in prop::sample::select(&DEVICES[..]).prop_flat_map(in_some_case)
    ) {
        let refused = ProjectName::parse(&text).map_err(|error| error.rule);
        prop_assert_eq!(refused, Err(NameRule::Device { name: text.clone() }));
        prop_assert!(ProjectName::parse(&(text + "x")).is_ok());
    }

    #[test]
    fn a_suggestion_is_valid(text in any::<String>()) {
        if let Some(name) = name::suggest(&text) {
            prop_assert!(ProjectName::parse(&name).is_ok(), "{name:?} for {text:?}");
        }
    }

    #[test]
    fn names_conflict_if_they_differ_only_by_case(text in valid()) {
        let name = ProjectName::parse(&text).unwrap();
        let upper = text.to_ascii_uppercase();
        let longer = format!("{upper}_");
        let conflict = name.case_conflict([longer.as_str(), &upper], None);
        prop_assert_eq!(conflict, (upper != text).then_some(upper.as_str()));
        prop_assert_eq!(name.case_conflict([upper.as_str(), &text], None), None);
        prop_assert_eq!(name.case_conflict([longer.as_str()], None), None);
        let renamed = ProjectName::parse(&upper).unwrap();
        prop_assert_eq!(name.case_conflict([upper.as_str()], Some(renamed.as_str())), None);
    }
}

#[test]
fn every_rejected_class_has_its_rule() {
    let long = "a".repeat(MAX_LENGTH + 1);
    for (text, rule) in [
        ("", "empty"),
        ("a", "too_short"),
        ("7", "too_short"),
        (long.as_str(), "too_long"),
        ("_a", "bad_start"),
        ("-a", "bad_start"),
        ("..", "bad_character"),
        (".hidden", "bad_character"),
        ("a/b", "bad_character"),
        ("a\\b", "bad_character"),
        ("C:", "bad_character"),
        ("a\0b", "bad_character"),
        ("a b", "bad_character"),
        (" ab", "bad_character"),
        ("ab\n", "bad_character"),
        ("ab'", "bad_character"),
        ("ab\"", "bad_character"),
        ("a\u{202E}b", "bad_character"),
        ("Zoë", "bad_character"),
        ("NUL", "device_name"),
        ("CON.txt", "bad_character"),
    ] {
        assert_eq!(
            ProjectName::parse(text).map_err(|error| error.rule.as_str()),
            Err(rule),
            "{text:?}"
        );
    }
}

#[test]
fn lengths_at_the_edges() {
    for length in [2, 3, 63, 64] {
        assert!(ProjectName::parse(&"a".repeat(length)).is_ok(), "{length}");
    }
    for length in [1, 65, 300] {
        assert!(ProjectName::parse(&"a".repeat(length)).is_err(), "{length}");
    }
}

#[test]
fn suggestions_keep_valid_characters() {
    for (text, suggestion) in [
        ("My Character", Some("My_Character")),
        ("  spaced  ", Some("spaced")),
        ("../../etc/passwd", Some("etc_passwd")),
        ("_lead", Some("lead")),
        ("CON", Some("CON_project")),
        ("A", Some("A_project")),
        ("Ünïcodé", Some("Unicode")),
        ("\u{feff} Hero\u{200b}", Some("Hero")),
        ("名前", None),
        ("", None),
    ] {
        assert_eq!(name::suggest(text).as_deref(), suggestion, "{text:?}");
    }
    assert_eq!(name::suggest(&"a".repeat(300)).unwrap().len(), MAX_LENGTH);
}

#[test]
fn numbered_names_are_valid_and_count_on() {
    let numbered = |name: &str| -> Vec<String> {
        let name = ProjectName::parse(name).unwrap();
        name::numbered(&name).take(2).map(String::from).collect()
    };
    assert_eq!(numbered("Hero"), ["Hero_2", "Hero_3"]);
    assert_eq!(numbered("Hero_2"), ["Hero_3", "Hero_4"]);
    assert_eq!(numbered("Hero_v2"), ["Hero_v2_2", "Hero_v2_3"]);
    let long = "a".repeat(MAX_LENGTH);
    assert_eq!(numbered(&long)[0], format!("{}_2", &long[..62]));
}

#[test]
fn invisible_characters_are_spelled_out() {
    for (text, shown) in [
        ("a\u{200B}b", "U+200B"),
        ("a\u{7}b", "U+0007"),
        ("a b", "a space"),
    ] {
        let sentence = ProjectName::parse(text).unwrap_err().to_string();
        assert!(
            sentence.contains(shown) && sentence.is_ascii(),
            "{sentence:?}"
        );
    }
}
