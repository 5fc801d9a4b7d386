//! `podslate-run WORKSPACE PROGRAM.wasm PROGRAM.cwasm [ARGUMENT]...`: runs a program in the sandbox,
//! with the variable `PROJECT_NAME` and standard input. For tests on other targets.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the program passes on what the sandboxed one prints"
)]

use std::error::Error;
use std::io::{Read as _, stdin};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use podslate_sandbox::{Limits, Run, Sandbox};

fn main() -> ExitCode {
    match run() {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => {
            eprintln!("podslate-run: {error}");
            ExitCode::from(125)
        }
    }
}

fn run() -> Result<u8, Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let [workspace, wasm, cwasm, args @ ..] = words.as_slice() else {
        return Err(
            "usage: podslate-run WORKSPACE PROGRAM.wasm PROGRAM.cwasm [ARGUMENT]...".into(),
        );
    };
    let (wasm, cwasm) = (fs::read(wasm)?, fs::read(cwasm)?);
    let program = Sandbox::from_precompiled(&cwasm, &wasm, Limits::default())?;
    if !program.is_precompiled() {
        return Err("this machine does not accept the compiled program".into());
    }
    let name = env::var("PROJECT_NAME").ok();
    let mut input = Vec::new();
    stdin().read_to_end(&mut input)?;
    let run = Run {
        args,
        env: &Vec::from_iter(name.as_deref().map(|name| ("PROJECT_NAME", name))),
        stdin: &input,
    };
    let output = program.run(Path::new(workspace), &run)?;
    print!("{}", String::from_utf8(output.stdout)?);
    eprint!("{}", String::from_utf8(output.stderr)?);
    Ok(u8::try_from(output.exit)?)
}
