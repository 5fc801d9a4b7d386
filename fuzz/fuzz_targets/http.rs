//! Any bytes on a connection to the server.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podslate_fuzz::http(bytes));
