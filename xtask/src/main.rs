//! The project's commands, as `cargo xtask <command>`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

mod artifacts;
mod bench;
mod cache;
mod ci;
mod debian;
mod dev;
mod faults;
mod files;
mod fingerprint;
mod fuzz;
mod needs;
mod place;
mod step;
mod test;
mod tidy;
mod toolchain;
mod tools;

use std::env;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::artifacts::{Kit, Profile};
use crate::place::Place;

const HELP: &str = "\
The project's commands. Each installs what it needs first, once, and does nothing twice.

Usage: cargo xtask <command>

  run [-- ARGS]     build everything and start the server: `podslate serve ARGS`
  test [FILTER]     run all tests, or those that `cargo test FILTER` selects
  build [PART]      build everything into target/dist, or one part: worker, page
  bench             measure sizes and times
  faults [WORD]     kill, starve, race and cut off the programs in every way: race, mixed,
                    rival, listing, reaper, environment, power, deadline, load, openapi,
                    secrets, kill, error
  fuzz [TARGET] [--runs N | --seconds N]
                    throw any bytes at what reads them: name, config, arguments, answer, http
  ci                what must hold before a change is accepted: format, lints, docs, tests
  dev               serve the page at http://127.0.0.1:8081 and rebuild what is edited
  setup [tests]     only install what the builds need, or what the tests need as well

Environment:
  PODSLATE_CACHE    folder for installed tools (default: podslate in the user's cache folder)
  CARGO_TARGET_DIR  folder for cargo's output (default: target)
";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    match run(&command, &arguments.collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Result<ExitCode> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (command, arguments.as_slice()) {
        ("help" | "--help" | "-h" | "", _) => print!("{HELP}"),
        ("run", _) => return serve(&arguments),
        ("test", _) => test::run(&Place::find()?, &arguments)?,
        ("build", []) => {
            let program = Kit::set_up(&Place::find()?)?.program()?;
            println!("{}", program.display());
        }
        ("build", ["worker"]) => {
            Kit::set_up(&Place::find()?)?.worker_artifacts(Profile::Release)?
        }
        ("build", ["page"]) => Kit::set_up(&Place::find()?)?.page_artifact()?,
        ("bench", []) => bench::run(&Place::find()?)?,
        ("faults", [] | [_]) => faults::run(&Place::find()?, &arguments)?,
        ("fuzz", _) => fuzz::run(&Place::find()?, &arguments)?,
        ("ci", []) => ci::run(&Place::find()?)?,
        ("dev", []) => dev::run(&Place::find()?)?,
        ("setup", []) => drop(Kit::set_up(&Place::find()?)?),
        ("setup", ["tests"]) => {
            let place = Place::find()?;
            Kit::set_up(&place)?;
            needs::set_up(&place)?;
        }
        _ => bail!(
            "`{command} {}` is no command; `cargo xtask help` lists them.",
            arguments.join(" ")
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(arguments: &[&str]) -> Result<ExitCode> {
    let program = Kit::set_up(&Place::find()?)?.program()?;
    let own = arguments.strip_prefix(&["--"]).unwrap_or(arguments);
    let mut command = Command::new(&program);
    command.arg("serve").args(own);
    become_command(&mut command)
        .with_context(|| format!("{} cannot be started.", program.display()))
}

/// The server takes this process's place, so that signals reach it.
#[cfg(unix)]
fn become_command(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_command(command: &mut Command) -> Result<ExitCode> {
    let code = command
        .status()?
        .code()
        .and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
