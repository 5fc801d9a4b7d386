//! `podslate`: serves a workspace, and works on one here or on a pod.
//!
//! Results go to standard output, everything else to standard error; the exit code is 0 for done, 1
//! for refused and 2 for failed.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod args;
mod commands;
mod defaults;
mod ending;
mod env_vars;
mod error;
mod error_chain;
mod files;
mod host_path;
mod http;
mod log;
mod output;
mod panic;
mod parent;
mod pods;
mod progress;
mod prompt;
mod quote;
mod runtime;
mod secret;
mod settings;
mod signals;
#[cfg(unix)]
mod supervisor;
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
    completions, health, init, list, logs, mount, new, pods as pods_command, push, recover, rename,
    serve, stop, trust,
};
use crate::parent::Parent;

fn main() -> ExitCode {
    let matches = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return output::no_command(error).into(),
    };
    let result = match &cli.command {
        Command::Serve(args) => match parent() {
            Ok(parent) => panic::catch(|| serve::run(args, parent)),
            Err(code) => return code.into(),
        },
        command => panic::catch(|| run(command, cli.json)),
    };
    log::flush();
    let code = result.unwrap_or_else(|error| output::failed(&error.into(), cli.json));
    output::exit_code(code).into()
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

/// What has started this process, which is to be a server; an error with the exit code if it was
/// the supervisor.
#[cfg(unix)]
fn parent() -> Result<Parent, u8> {
    match supervisor::start() {
        supervisor::Start::Serve(parent) => Ok(parent),
        supervisor::Start::Ended(code) => Err(code),
    }
}

#[cfg(not(unix))]
fn parent() -> Result<Parent, u8> {
    Ok(Parent::environment())
}

/// Runs a command other than the server; returns the exit code if nothing failed.
fn run(command: &Command, is_json: bool) -> Result<u8> {
    match command {
        Command::Serve(_) => {}
        Command::Init(args) => init::run(args, is_json)?,
        Command::New(args) => new::run(args, is_json)?,
        Command::List(args) => list::run(args, is_json)?,
        Command::Rename(args) => rename::run(args, is_json)?,
        Command::Pods(args) => pods_command::run(args, is_json)?,
        Command::Stop(args) => stop::run(args, is_json)?,
        Command::Logs(args) => logs::run(args, is_json)?,
        Command::Mount(args) => mount::run(args, is_json)?,
        Command::Push(args) => push::run(args, is_json)?,
        Command::Health(args) => health::run(args)?,
        Command::Recover(args) => recover::run(args, is_json)?,
        Command::Trust(args) => trust::run(args, is_json)?,
        Command::Completions(args) => completions::run(args)?,
    }
    Ok(0)
}
