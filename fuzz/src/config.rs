//! Any text as a project's configuration that gets a name.

use podslate_shared::ProjectName;
use podslate_shared::layout::CONFIG_NAME_KEY;
use project_init::text;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::members::Members;

/// The name's value is replaced or put first, and every other byte stays; what is no object, or has
/// the name twice, is refused.
///
/// # Panics
/// Something else happened.
pub fn config(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let (new, other) = (good("New"), good("Another-name_2"));
    let json = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let members = Members::of(json);
    let names = members.as_ref().map(Members::names);
    let Some(written) = text::with_name(text, &new) else {
        assert!(
            names.is_none_or(|names| names.len() > 1),
            "{text:?} was refused"
        );
        assert_eq!(text::name(text), None);
        return;
    };
    let (Some(members), Some(names)) = (members, names) else {
        panic!("{text:?} was taken");
    };
    let said = match names[..] {
        [] => {
            added(text, json, &written);
            None
        }
        [value] => {
            replaced(text, &written, value);
            Some(value)
        }
        _ => panic!("{text:?} has two names and was taken"),
    };
    same_beside_name(&members, &written, &new);
    same_value(json, &written, &new);

    let plain = said.and_then(|value| value.get().strip_prefix('"')?.strip_suffix('"'));
    let plain = plain.and_then(|name| ProjectName::parse(name).ok());
    assert_eq!(text::name(text), plain, "{text:?}");
    assert_eq!(text::name(&written).as_ref(), Some(&new));
    assert_eq!(text::with_name(&written, &new).as_ref(), Some(&written));
    let there = text::with_name(&written, &other).expect("what was written is taken");
    let back = text::with_name(&there, &new);
    assert_eq!(back.as_ref(), Some(&written));
}

fn good(name: &str) -> ProjectName {
    ProjectName::parse(name).expect("the name is good")
}

/// Every byte before and after the value stays.
fn replaced(text: &str, written: &str, value: &RawValue) {
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    let (before, rest) = text.split_at(start);
    let expected = [before, "\"New\"", &rest[value.get().len()..]].concat();
    assert_eq!(written, expected);
}

/// Every byte up to the object's beginning and from there on stays.
fn added(text: &str, json: &str, written: &str) {
    let brace = json.find('{').expect("it is an object") + 1;
    let (before, rest) = text.split_at(text.len() - json.len() + brace);
    assert!(
        written.starts_with(before) && written.ends_with(rest),
        "{written:?}"
    );
    let between = &written[before.len()..written.len() - rest.len()];
    assert_eq!(between.matches('"').count(), 4, "{written:?}");
}

/// Every other member stays as it stands, in its order, also where two have the same key.
fn same_beside_name(members: &Members<'_>, written: &str, new: &ProjectName) {
    let json = written.strip_prefix('\u{FEFF}').unwrap_or(written);
    let after = Members::of(json).expect("what is written is an object");
    let names = after.names();
    assert!(matches!(names[..], [name] if name.get() == format!("\"{new}\"")));
    assert!(members.others().eq(after.others()), "{written:?}");
    let had_name = !members.names().is_empty();
    assert_eq!(after.0.len(), members.0.len() + usize::from(!had_name));
    assert!(had_name || after.is_name(0), "{written:?}");
}

/// A program that reads the configuration finds the name and all else as it was.
fn same_value(json: &str, written: &str, new: &ProjectName) {
    // Not every object that is kept can be read: numbers have limits, and so has depth.
    let Ok(mut value) = serde_json::from_str::<Value>(json) else {
        return;
    };
    value[CONFIG_NAME_KEY] = new.as_str().into();
    let json = written.strip_prefix('\u{FEFF}').unwrap_or(written);
    let read: Value = serde_json::from_str(json).expect("what is written can be read as before");
    assert_eq!(read, value);
}
