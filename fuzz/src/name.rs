//! Any text as a project's name.

use std::path::{Component, Path};

use podslate_shared::name::{self, NameError};
use podslate_shared::{ErrorBody, ProjectName};

/// A name that is taken is one plain folder's name on every system; one that is refused is refused
/// with a sentence that can be shown and a suggestion that would be taken.
///
/// # Panics
/// Something else happened.
pub fn name(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let json = serde_json::to_string(text).expect("text is JSON");
    let read: Result<ProjectName, _> = serde_json::from_str(&json);
    match ProjectName::parse(text) {
        Ok(name) => {
            assert!(is_good(text), "{text:?} was taken");
            accepted(text, &name);
            assert_eq!(read.expect("it is good in JSON, too"), name);
            assert_eq!(serde_json::to_string(&name).expect("a name is JSON"), json);
        }
        Err(broken) => {
            assert!(!is_good(text), "{text:?} was refused: {broken}");
            assert!(read.is_err(), "{text:?} was taken in JSON");
            refused(text, &broken);
        }
    }
    match name::suggest(text) {
        Some(suggestion) => {
            assert!(is_good(&suggestion), "{suggestion:?} for {text:?}");
            let again = name::suggest(&suggestion);
            assert_eq!(again.as_ref(), Some(&suggestion));
        }
        None => assert!(
            !text.contains(|it: char| it.is_ascii_alphanumeric()),
            "{text:?}"
        ),
    }
}

fn accepted(text: &str, name: &ProjectName) {
    assert_eq!(name.as_str(), text);
    assert_eq!(name.to_string(), text);
    let path = Path::new(text);
    assert!(path.components().eq([Component::Normal(path.as_os_str())]));
    assert!(Path::new("folder").join(text).parent() == Some(Path::new("folder")));
    assert_eq!(name::suggest(text).as_deref(), Some(text));
    assert!(!name.is_case_twin(text));
    let other = text.to_ascii_uppercase();
    assert_eq!(name.is_case_twin(&other), other != text);
    let other = ProjectName::parse(&other).expect("capitals make no difference");
    assert_eq!(other.is_case_twin(text), other != *name);
}

fn refused(text: &str, broken: &NameError) {
    if let NameError::BadCharacter {
        character,
        position,
    } = broken
    {
        assert_eq!(text.chars().nth(position - 1), Some(*character));
    }
    let error = ErrorBody::name(text, broken);
    let hint = error.hint.as_deref().expect("there is always a way");
    for sentence in [&error.error, &error.message, hint] {
        let is_shown = |it: char| !it.is_control() && !('\u{2028}'..='\u{202E}').contains(&it);
        assert!(sentence.chars().all(is_shown), "{sentence:?}");
        assert!(sentence.len() < 300, "{sentence}");
    }
    assert_eq!(error.suggestion, name::suggest(text));
    let json = serde_json::to_string(&error).expect("an error is JSON");
    let read: ErrorBody = serde_json::from_str(&json).expect("and is read again");
    assert_eq!(read, error);
}

/// The rule, written a second time.
fn is_good(text: &str) -> bool {
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
