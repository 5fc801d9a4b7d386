//! Every kept input passes its check.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

fn check_all(target: &str, check: fn(&[u8])) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let files = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{dir:?}: {error}"));
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry").path();
        let bytes = fs::read(&path).expect("a file");
        let passed = catch_unwind(|| check(&bytes));
        assert!(passed.is_ok(), "{} does not pass", path.display());
        count += 1;
    }
    assert!(count > 5, "only {count} inputs");
}

#[test]
fn names() {
    check_all("name", podslate_fuzz::name);
}

#[test]
fn configurations() {
    check_all("config", podslate_fuzz::config);
}

#[test]
fn arguments() {
    check_all("arguments", podslate_fuzz::arguments);
}

#[test]
fn answers() {
    check_all("answer", podslate_fuzz::answer);
}

#[test]
fn http() {
    check_all("http", podslate_fuzz::http);
}
