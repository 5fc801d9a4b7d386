//! `podslate-precompile IN.wasm OUT.cwasm [TARGET]`: compiles the worker ahead of time for every
//! machine with this target, or with that of this program.
#![allow(clippy::print_stderr, reason = "the program reports errors there")]

use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let args: Vec<_> = env::args_os().skip(1).collect();
    let (input, output, target) = match args.as_slice() {
        [input, output] => (input, output, None),
        [input, output, target] => (input, output, target.to_str()),
        _ => {
            eprintln!("usage: podslate-precompile IN.wasm OUT.cwasm [TARGET]");
            return ExitCode::from(2);
        }
    };
    let compiled = fs::read(input)
        .map_err(|error| format!("{} cannot be read: {error}", input.display()))
        .and_then(|wasm| {
            podslate_sandbox::precompile(&wasm, target).map_err(|error| error.to_string())
        })
        .and_then(|code| {
            fs::write(output, code)
                .map_err(|error| format!("{} cannot be written: {error}", output.display()))
        });
    match compiled {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("podslate-precompile: {error}");
            ExitCode::from(2)
        }
    }
}
