//! `podslate`: serves a workspace, and works on one here or on a pod.
//!
//! Results go to standard output, everything else to standard error; the exit code is 0 for done, 1
//! for refused and 2 for failed.
#![forbid(unsafe_code)]

mod args;
mod bring;
mod bug;
mod host_path;
mod local;
mod new;
mod pods;
mod problem;
mod progress;
mod prompt;
mod quote;
#[cfg(unix)]
mod reaper;
mod remote;
mod say;
mod secret;
mod serve;
mod settings;
mod signals;

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use anyhow::Result;
use clap::builder::Resettable;
use clap::{CommandFactory, FromArgMatches};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let parsed = without_empty_variables(Cli::command()).try_get_matches();
    let cli = match parsed.and_then(|found| Cli::from_arg_matches(&found)) {
        Ok(cli) => cli,
        Err(error) => return say::not_understood(&error),
    };
    #[cfg(unix)]
    if let Some(code) = reaper::take_the_place_of_init(&cli.command) {
        return code;
    }
    match bug::contained(|| run(&cli)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => say::failed(&error, cli.json),
    }
}

/// The command line with its environment variables, but for those that are set to nothing: forms
/// for pods leave fields empty.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| match arg.get_env().is_some_and(is_empty) {
            true => arg.env(Resettable::Reset),
            false => arg,
        })
        .mut_subcommands(without_empty_variables)
}

/// Runs a command; the exit code where nothing failed.
fn run(cli: &Cli) -> Result<u8> {
    match &cli.command {
        Command::Serve(serve) => return serve::run(serve),
        Command::Init { workspace, .. } => local::init(&workspace.path(), cli.json),
        Command::New(args) => new::run(args, cli.json),
        Command::List { workspace, pod } => match remote::settings(pod, workspace)? {
            Some(settings) => remote::list(&settings, cli.json),
            None => local::list(&workspace.path(), cli.json),
        },
        Command::Rename {
            old,
            new,
            workspace,
            pod,
        } => match remote::settings(pod, workspace)? {
            Some(settings) => remote::rename(&settings, old, new, cli.json),
            None => local::rename(&workspace.path(), old, new, cli.json),
        },
        Command::Mount(args) => bring::mount(args, cli.json),
        Command::Push(args) => bring::push(args, cli.json),
        Command::Health { port } => remote::health(*port),
        Command::Recover { workspace } => local::recover(&workspace.path(), cli.json),
        Command::Completions { shell } => {
            let name = Cli::command().get_name().to_owned();
            clap_complete::generate(*shell, &mut Cli::command(), name, &mut std::io::stdout());
            Ok(())
        }
    }
    .map(|()| 0)
}
