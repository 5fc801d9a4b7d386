//! `project-init`: creates, completes, renames and lists projects in a workspace folder.
//!
//! The only code of podslate that changes projects. It runs as a WASI program in the server's
//! sandbox, under the command line and in any WASI runtime; the native build is for fast tests.
//! Results go to standard output, everything else to standard error.
//!
//! The program is [`main`]. The parser of its arguments is public, too, for fuzzing.
#![cfg_attr(not(target_os = "wasi"), forbid(unsafe_code))]

pub mod args;
mod cleanup;
mod complete;
mod config;
mod create;
mod dir;
mod former;
mod interactive;
mod output;
mod recover;
mod rename;
mod temp_name;
mod workspace;

use std::env;
use std::process::ExitCode;

use args::{Command, Mode, NAME_VARIABLE};
use podslate_shared::{Created, Done, Error, FolderName, ProjectName, Result};
use workspace::Workspace;

/// Runs the command that this process's arguments describe, and prints its result.
pub fn main() -> ExitCode {
    let arguments = || env::args_os().skip(1);
    match args::parse(arguments(), env::var_os(NAME_VARIABLE).is_some()) {
        Ok(Command {
            mode: Mode::Text(text),
            ..
        }) => output::text(text),
        Ok(command) => output::result(command.json, run(&command)),
        Err(error) => output::result(args::asks_for_json(arguments()), Err(error)),
    }
}

fn run(command: &Command) -> Result<Done> {
    let (path, scan) = (&command.workspace, command.scan);
    match &command.mode {
        Mode::Project(name) => create(command, name).map(Done::Created),
        Mode::FromEnv => {
            let name = name_from_env()?;
            let workspace = Workspace::open_or_create(path, scan)?;
            let name = former::follow(&workspace.dir, name)?;
            complete::create_or_complete(&workspace, &name)
        }
        Mode::Interactive => {
            interactive::ask_for_name(&|name| create(command, name)).map(Done::Created)
        }
        Mode::Rename { old, new } => {
            let (old, new) = (FolderName::parse(old)?, ProjectName::parse(new)?);
            rename::rename(&Workspace::open(path, scan)?, &old, &new).map(Done::Renamed)
        }
        Mode::List => {
            let names = Workspace::open(path, scan)?.project_names()?;
            Ok(Done::Listed(names.into()))
        }
        Mode::Recover => {
            let workspace = Workspace::open(path, scan)?;
            recover::recover(&workspace, command.stale_after, scan).map(Done::Recovered)
        }
        Mode::RecoverProject(name) => {
            let name = FolderName::parse(name)?;
            let workspace = Workspace::open(path, scan)?;
            recover::recover_one(&workspace, command.stale_after, &name).map(Done::Recovered)
        }
        Mode::Text(_) => unreachable!("printed by `main`"),
    }
}

/// Creates the project `name`; an invalid name creates nothing, not even the workspace.
fn create(command: &Command, name: &str) -> Result<Created> {
    let name = ProjectName::parse(name)?;
    let workspace = Workspace::open_or_create(&command.workspace, command.scan)?;
    create::create(&workspace, &name)
}

fn name_from_env() -> Result<ProjectName> {
    let Some(name) = env::var_os(NAME_VARIABLE) else {
        let reason = format!("{NAME_VARIABLE} is not set");
        return Err(Error::RequestInvalid { reason });
    };
    Ok(ProjectName::parse(&name.to_string_lossy())?)
}
