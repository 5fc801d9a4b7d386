//! `podslate`: serves a workspace, and works on one here or on a pod.
//!
//! Results go to standard output, everything else to standard error; the exit code is 0 for done, 1
//! for refused and 2 for failed.

mod args;
mod bring;
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

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return say::not_understood(&error),
    };
    #[cfg(unix)]
    if let Some(code) = reaper::take_the_place_of_init(&cli.command) {
        return code;
    }
    match run(&cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => say::failed(&error, cli.json),
    }
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
