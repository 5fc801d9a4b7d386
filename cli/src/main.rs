//! `podslate`: serves a workspace, and works on one without a server.
//!
//! Results go to standard output, everything else to standard error; the exit code is 0 for done, 1
//! for refused and 2 for failed.

mod args;
mod local;
mod say;
mod serve;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return say::not_understood(&error),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say::failed(&error, cli.json),
    }
}

fn run(cli: &Cli) -> Result<()> {
    match &cli.command {
        Command::Serve(serve) => serve::run(serve),
        Command::New { name, workspace } => local::create(&workspace.path(), name, cli.json),
        Command::List { workspace } => local::list(&workspace.path(), cli.json),
        Command::Rename {
            old,
            new,
            workspace,
        } => local::rename(&workspace.path(), old, new, cli.json),
        Command::Recover { workspace } => local::recover(&workspace.path(), cli.json),
        Command::Completions { shell } => {
            let name = Cli::command().get_name().to_owned();
            clap_complete::generate(*shell, &mut Cli::command(), name, &mut std::io::stdout());
            Ok(())
        }
    }
}
