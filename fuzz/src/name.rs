//! Any text as a project name.

use std::path::{Component, Path};

use podslate_shared::name::{self, NameError, NameRule};
use podslate_shared::{Error, ErrorBody, ProjectName};

/// A valid name is one plain path component on every system; an invalid one has an error that can be
/// shown, and a suggestion that is valid.
///
/// # Panics
/// Anything else happened.
pub fn name(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let json = serde_json::to_string(text).expect("text is JSON");
    let read: Result<ProjectName, _> = serde_json::from_str(&json);
    match ProjectName::parse(text) {
        Ok(name) => {
            assert!(is_valid(text), "{text:?} was accepted");
            check_valid(text, &name);
            assert_eq!(read.expect("the name is valid in JSON, too"), name);
            assert_eq!(serde_json::to_string(&name).expect("a name is JSON"), json);
        }
        Err(error) => {
            assert!(!is_valid(text), "{text:?} was rejected: {error}");
            assert!(read.is_err(), "{text:?} was accepted in JSON");
            check_invalid(text, &error);
        }
    }
    let has_letter = text.contains(|it: char| it.is_ascii_alphanumeric());
    match name::suggest(text) {
        Some(suggestion) => {
            assert!(is_valid(&suggestion), "{suggestion:?} for {text:?}");
            let again = name::suggest(&suggestion);
            assert_eq!(again.as_ref(), Some(&suggestion));
        }
        None => assert!(!has_letter, "{text:?}"),
    }
}

fn check_valid(text: &str, name: &ProjectName) {
    assert_eq!(name.as_str(), text);
    assert_eq!(name.to_string(), text);
    let path = Path::new(text);
    assert!(path.components().eq([Component::Normal(path.as_os_str())]));
    assert!(Path::new("folder").join(text).parent() == Some(Path::new("folder")));
    assert_eq!(name::suggest(text).as_deref(), Some(text));
    assert_eq!(name.case_conflict([text], None), None);
    let upper = text.to_ascii_uppercase();
    let is_other = upper != text;
    assert_eq!(name.case_conflict([&*upper], None).is_some(), is_other);
    let upper = ProjectName::parse(&upper).expect("case makes no difference");
    assert_eq!(upper.case_conflict([text], None).is_some(), is_other);
    assert_eq!(upper.case_conflict([text], Some(name.as_str())), None);
}

fn check_invalid(text: &str, invalid: &NameError) {
    assert_eq!(invalid.text, text);
    if let NameRule::BadCharacter {
        character,
        position,
    } = invalid.rule
    {
        assert_eq!(text.chars().nth(position - 1), Some(character));
    }
    let error = ErrorBody::from(Error::from(invalid.clone()));
    let hint = error.hint.as_deref().expect("there is always a hint");
    for sentence in [&error.error, &error.message, hint] {
        let is_shown = |it: char| !it.is_control() && !('\u{2028}'..='\u{202E}').contains(&it);
        assert!(sentence.chars().all(is_shown), "{sentence:?}");
        assert!(sentence.len() < 300, "{sentence}");
    }
    assert_eq!(error.suggestion, name::suggest(text));
    let json = serde_json::to_string(&error).expect("an error is JSON");
    let read: ErrorBody = serde_json::from_str(&json).expect("an error can be read");
    assert_eq!(read, error);
}

/// Second implementation of the rule.
fn is_valid(text: &str) -> bool {
    const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
    let is_allowed = |byte: &u8| is_letter(byte) || b"_-".contains(byte);
    let bytes = text.as_bytes();
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_prefix("com").or(lower.strip_prefix("lpt"));
    let is_numbered = number.is_some_and(|rest| rest.len() == 1 && rest.parse::<u8>().is_ok());
    (2..=64).contains(&bytes.len())
        && bytes.iter().all(is_allowed)
        && bytes.first().is_some_and(is_letter)
        && !DEVICES.contains(&&*lower)
        && !is_numbered
}
