//! Any text as the configuration of a project that gets a name.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podslate_fuzz::config(bytes));
