//! Every input that was worth keeping, through its check.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

fn each(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry can be read").path();
        let bytes = fs::read(&path).expect("a file can be read");
        let survived = catch_unwind(|| check(&bytes));
        assert!(survived.is_ok(), "{} did not survive", path.display());
        count += 1;
    }
    assert!(count > 5, "only {count} inputs");
}

#[test]
fn names() {
    each("name", podslate_fuzz::name);
}

#[test]
fn configurations() {
    each("config", podslate_fuzz::config);
}

#[test]
fn arguments() {
    each("arguments", podslate_fuzz::arguments);
}

#[test]
fn answers() {
    each("answer", podslate_fuzz::answer);
}

#[test]
fn http() {
    each("http", podslate_fuzz::http);
}
