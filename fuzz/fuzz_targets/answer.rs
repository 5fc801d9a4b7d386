//! Any output of the worker, as the host reads it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podslate_fuzz::answer(bytes));
