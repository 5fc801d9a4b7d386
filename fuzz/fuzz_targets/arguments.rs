//! Any arguments of the worker.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| podslate_fuzz::arguments(bytes));
