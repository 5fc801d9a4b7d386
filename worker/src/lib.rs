//! `project-init`: creates, completes, renames and lists projects in a workspace directory.
//!
//! The only code of podslate that changes a workspace. It runs as a WASI program in the server's
//! sandbox, under the command line and under any WASI runtime; natively it serves fast tests.
//! Results go to standard output, everything else to standard error; it exits with 0 when it is
//! done, 1 when it refused and 2 when it failed.
//!
//! The program is [`main`]; what reads bytes of others is public besides, so that it can be fuzzed.
#![cfg_attr(not(target_os = "wasi"), forbid(unsafe_code))]

pub mod args;
mod config;
mod create;
mod dir;
mod interactive;
mod leftovers;
mod list;
mod recover;
mod rename;
mod say;
mod workspace;

use std::env;
use std::process::ExitCode;

use args::{Command, Mode, NAME_VARIABLE};
use podslate_shared::{Done, ErrorBody};

pub use config::text;

/// What every mode ends in.
type Answer = Result<Done, ErrorBody>;

/// Does what this process's arguments ask for, and says how it ended.
pub fn main() -> ExitCode {
    let arguments = || env::args_os().skip(1);
    let command = match args::parse(arguments(), env::var_os(NAME_VARIABLE).is_some()) {
        Ok(command) => command,
        Err(error) => return say::answer(args::asks_for_json(arguments()), &Err(error)),
    };
    if let Mode::Text(text) = command.mode {
        return say::text(text);
    }
    say::answer(command.json, &run(&command))
}

fn run(command: &Command) -> Answer {
    match &command.mode {
        Mode::Project(name) => create::new(command, name),
        Mode::FromEnv => create::from_env(command),
        Mode::Interactive => interactive::ask(command),
        Mode::Rename { old, new } => rename::rename(command, old, new),
        Mode::List => list::list(command),
        Mode::Recover => recover::recover(command),
        Mode::Text(text) => unreachable!("answered by main: {text}"),
    }
}
