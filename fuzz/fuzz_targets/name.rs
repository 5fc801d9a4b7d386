//! Any text as a project name.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podslate_fuzz::name(bytes));
