//! Any text as the configuration of a project that gets a name.

use podslate_shared::ProjectName;
use podslate_shared::layout::CONFIG_NAME_KEY;
use project_init::text;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::members::{Members, is_name};

/// The name's value is replaced or inserted first, and every other byte stays; anything but an object
/// with at most one name is rejected.
///
/// # Panics
/// Anything else happened.
pub fn config(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let (new, other) = (valid("New"), valid("Another-name_2"));
    let json = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let members = Members::of(json);
    let names = members.as_ref().map(Members::names);
    let Some(written) = text::with_name(text, &new) else {
        let is_invalid = names.is_none_or(|names| names.len() > 1);
        assert!(is_invalid, "{text:?} was rejected");
        assert_eq!(text::name(text), None);
        return;
    };
    let (Some(members), Some(names)) = (members, names) else {
        panic!("{text:?} was accepted");
    };
    match names[..] {
        [] => ensure_inserted(text, json, &written),
        [value] => ensure_replaced(text, &written, value),
        _ => panic!("{text:?} has two names and was accepted"),
    }
    ensure_same_members(&members, &written, &new);
    ensure_same_value(json, &written, &new);

    let plain = names
        .first()
        .and_then(|value| value.get().strip_prefix('"')?.strip_suffix('"'));
    let plain = plain.and_then(|name| ProjectName::parse(name).ok());
    assert_eq!(text::name(text), plain, "{text:?}");
    assert_eq!(text::name(&written).as_ref(), Some(&new));
    assert_eq!(text::with_name(&written, &new).as_ref(), Some(&written));
    let there = text::with_name(&written, &other).expect("a written configuration is valid");
    let back = text::with_name(&there, &new);
    assert_eq!(back.as_ref(), Some(&written));
}

fn valid(name: &str) -> ProjectName {
    ProjectName::parse(name).expect("the name is valid")
}

/// Every byte before and after the value stays.
fn ensure_replaced(text: &str, written: &str, value: &RawValue) {
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    let (before, rest) = text.split_at(start);
    let expected = [before, "\"New\"", &rest[value.get().len()..]].concat();
    assert_eq!(written, expected);
}

/// Every byte before and after the beginning of the object stays.
fn ensure_inserted(text: &str, json: &str, written: &str) {
    let brace = json.find('{').expect("it is an object") + 1;
    let (before, rest) = text.split_at(text.len() - json.len() + brace);
    let is_kept = written.starts_with(before) && written.ends_with(rest);
    assert!(is_kept, "{written:?}");
    let between = &written[before.len()..written.len() - rest.len()];
    assert_eq!(between.matches('"').count(), 4, "{written:?}");
}

/// Every other member stays as it is written, in its order, even if two have the same key.
fn ensure_same_members(members: &Members<'_>, written: &str, new: &ProjectName) {
    let json = written.strip_prefix('\u{FEFF}').unwrap_or(written);
    let after = Members::of(json).expect("a written configuration is an object");
    let names = after.names();
    assert!(matches!(names[..], [name] if name.get() == format!("\"{new}\"")));
    assert!(members.others().eq(after.others()), "{written:?}");
    let had_name = !members.names().is_empty();
    assert_eq!(after.0.len(), members.0.len() + usize::from(!had_name));
    assert!(had_name || is_name(after.0[0].0), "{written:?}");
}

/// A program that reads the configuration finds the new name and everything else unchanged.
fn ensure_same_value(json: &str, written: &str, new: &ProjectName) {
    // serde_json does not read every valid object: it limits numbers and depth.
    let Ok(mut value) = serde_json::from_str::<Value>(json) else {
        return;
    };
    value[CONFIG_NAME_KEY] = new.as_str().into();
    let json = written.strip_prefix('\u{FEFF}').unwrap_or(written);
    let read: Value =
        serde_json::from_str(json).expect("a written configuration is as readable as before");
    assert_eq!(read, value);
}
