//! `podslate`: serves a workspace, and works on one here or on a pod.
//!
//! Results go to standard output, everything else to standard error; the exit code is 0 for done, 1
//! for refused and 2 for failed.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod args;
mod commands;
mod defaults;
mod env_vars;
mod error;
mod error_chain;
mod files;
mod host_path;
mod http;
mod output;
mod panic;
mod pods;
mod progress;
mod prompt;
mod quote;
#[cfg(unix)]
mod reaper;
mod runtime;
mod secret;
mod settings;
mod signals;
mod target;
mod text;
mod workspace;

use std::ffi::OsStr;
use std::process::ExitCode;

use anyhow::Result;
use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, Command};
use crate::commands::{
    completions, health, init, list, mount, new, push, recover, rename, serve, trust,
};

fn main() -> ExitCode {
    let matches = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return output::no_command(error),
    };
    #[cfg(unix)]
    if matches!(cli.command, Command::Serve(_))
        && let Some(code) = reaper::run_as_init()
    {
        return code;
    }
    match panic::catch(|| run(&cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => output::failed(&error.into(), cli.json),
    }
}

/// The command line without the environment variables that are empty: forms for pods leave fields
/// empty.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| {
            if arg.get_env().is_some_and(is_empty) {
                arg.env(Resettable::Reset)
            } else {
                arg
            }
        })
        .mut_subcommands(without_empty_variables)
}

/// Runs a command; returns the exit code if nothing failed.
fn run(cli: &Cli) -> Result<u8> {
    match &cli.command {
        Command::Serve(args) => return serve::run(args),
        Command::Init(args) => init::run(args, cli.json)?,
        Command::New(args) => new::run(args, cli.json)?,
        Command::List(args) => list::run(args, cli.json)?,
        Command::Rename(args) => rename::run(args, cli.json)?,
        Command::Mount(args) => mount::run(args, cli.json)?,
        Command::Push(args) => push::run(args, cli.json)?,
        Command::Health(args) => health::run(args)?,
        Command::Recover(args) => recover::run(args, cli.json)?,
        Command::Trust(args) => trust::run(args, cli.json)?,
        Command::Completions(args) => completions::run(args)?,
    }
    Ok(0)
}
