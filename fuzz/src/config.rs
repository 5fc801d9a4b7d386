//! Any bytes as the configuration of a project that gets a name.

use podslate_shared::layout::CONFIG_NAME_KEY;
use podslate_shared::{Config, ConfigProblem, ConfigReason, ProjectName};
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::members::{Members, is_name};

/// Bytes are a configuration if serde_json reads an object with at most one name. The name's value is
/// then replaced or inserted first, and every other byte stays; for anything else there is a reason
/// with a position inside the text.
///
/// # Panics
/// Anything else happened.
pub fn config(bytes: &[u8]) {
    let (new, other) = (valid("New"), valid("Another-name_2"));
    let text = std::str::from_utf8(bytes).ok();
    let json = text.map(|text| text.strip_prefix('\u{FEFF}').unwrap_or(text));
    let members = json.and_then(Members::of);
    let names = members.as_ref().map(Members::names);
    let judged = match Config::parse(bytes) {
        Ok(judged) => judged,
        Err(problem) => {
            ensure_explained(bytes, json, &problem);
            let is_invalid = names.is_none_or(|names| names.len() > 1);
            assert!(is_invalid, "{bytes:?} was rejected: {problem}");
            return;
        }
    };
    let (Some(text), Some(json), Some(members), Some(names)) = (text, json, members, names) else {
        panic!("{bytes:?} was accepted");
    };
    assert_eq!(judged.json(), json);
    let written = judged.with_name(&new);
    match names[..] {
        [] => ensure_inserted(text, json, &written),
        [value] => ensure_replaced(text, &written, value),
        _ => panic!("{text:?} has two names and was accepted"),
    }
    ensure_same_members(&members, &written, &new);
    ensure_same_value(json, &written, &new);

    let name = names.first();
    let name = name.and_then(|value| serde_json::from_str::<String>(value.get()).ok());
    assert_eq!(judged.name(), name, "{text:?}");
    let again = parsed(&written);
    assert_eq!(again.project_name().as_ref(), Some(&new));
    assert_eq!(again.with_name(&new), written);
    let there = again.with_name(&other);
    assert_eq!(parsed(&there).with_name(&new), written);
}

fn parsed(written: &str) -> Config<'_> {
    Config::parse(written.as_bytes()).expect("a written configuration is valid")
}

/// Two programs agree on what is valid JSON, and the position is inside the text.
fn ensure_explained(bytes: &[u8], json: Option<&str>, problem: &ConfigProblem) {
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    assert!(
        problem
            .line
            .is_none_or(|line| (1..=lines).contains(&line.into()))
    );
    assert_eq!(problem.line.is_some(), problem.column.is_some());
    let is_json = json.is_some_and(|json| serde_json::from_str::<IgnoredAny>(json).is_ok());
    let is_fine = matches!(
        problem.reason,
        ConfigReason::NotObject | ConfigReason::NameTwice | ConfigReason::TooLarge
    );
    assert!(!is_json || is_fine, "{json:?} is valid JSON: {problem}");
    let is_about_object = problem.reason == ConfigReason::NotObject;
    assert!(is_json || !is_about_object, "{json:?} is not JSON");
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
