//! The command line.

use std::ffi::OsString;

use lexopt::prelude::*;
use podslate_shared::{ErrorBody, ErrorCode};

use crate::recover;

/// The variable that names the project when no option does.
pub const NAME_VARIABLE: &str = "PROJECT_NAME";

const HELP: &str = "\
Gives a 3D project its folders and its configuration.

Usage: project-init [--workspace DIR] [--json] [MODE]

Modes:
  --project NAME     create a new project
  --from-env         create the project that PROJECT_NAME names; if it exists, add
                     what is missing and leave every file as it is
  --interactive      ask for the name
  --rename OLD NEW   rename a project
  --list             list the projects
  --recover          bring to its end what interrupted work left: configurations
                     that a rename did not reach, and unfinished entries
  --help, --version
Without a mode: --from-env if PROJECT_NAME is set, otherwise --interactive.

Options:
  --workspace DIR    the folder that holds the projects (the current one)
  --json             answer with one JSON object
  --no-scan          the caller has compared the name with every entry of the
                     workspace already: do not look for names that differ only
                     by capitals
  --older-than N     with --recover: unfinished entries of N seconds or more, not
                     only those of a day

Exit codes: 0 done, 1 refused, 2 failed.

With wasmtime: wasmtime run --dir . project-init.wasm --project MyCharacter
";

/// What the command line asks for.
pub struct Command {
    /// The folder that holds the projects.
    pub workspace: String,
    /// Whether to answer in JSON.
    pub json: bool,
    /// Whether to compare a new name with every entry of the workspace.
    pub scan: bool,
    /// After how many seconds recovery takes an unfinished entry as abandoned.
    pub abandoned_after: i64,
    /// What to do.
    pub mode: Mode,
}

/// What to do.
pub enum Mode {
    /// Create a new project of this name.
    Project(String),
    /// Create or complete the project that the environment names.
    FromEnv,
    /// Ask for the name.
    Interactive,
    /// Rename a project.
    Rename {
        /// The name until now.
        old: String,
        /// The name from now on.
        new: String,
    },
    /// List the projects.
    List,
    /// Bring interrupted work to its end.
    Recover,
    /// Print a text and be done.
    Text(&'static str),
}

/// Reads the program's arguments.
pub fn parse() -> Result<Command, ErrorBody> {
    let (mut workspace, mut json, mut scan) = (".".to_owned(), false, true);
    let mut abandoned_after = recover::ABANDONED_AFTER;
    let mut modes: Vec<Mode> = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("workspace") => workspace = value(&mut parser)?,
            Long("json") => json = true,
            Long("no-scan") => scan = false,
            Long("older-than") => abandoned_after = seconds(&value(&mut parser)?)?,
            Long("project") => modes.push(Mode::Project(value(&mut parser)?)),
            Long("from-env") => modes.push(Mode::FromEnv),
            Long("interactive") => modes.push(Mode::Interactive),
            Long("rename") => {
                let old = value(&mut parser)?;
                modes.push(Mode::Rename {
                    old,
                    new: value(&mut parser)?,
                });
            }
            Long("list") => modes.push(Mode::List),
            Long("recover") => modes.push(Mode::Recover),
            Short('h') | Long("help") => modes.push(Mode::Text(HELP)),
            Short('V') | Long("version") => modes.push(Mode::Text(VERSION)),
            other => return Err(usage(other.unexpected())),
        }
    }
    let mode = match (modes.pop(), modes.pop()) {
        (Some(mode), None) => mode,
        (None, _) if std::env::var_os(NAME_VARIABLE).is_some() => Mode::FromEnv,
        (None, _) => Mode::Interactive,
        (Some(_), Some(_)) => {
            return Err(ErrorBody::new(
                ErrorCode::Usage,
                "it names more than one mode",
            ));
        }
    };
    Ok(Command {
        workspace,
        json,
        scan,
        abandoned_after,
        mode,
    })
}

/// Whether `--json` is among the arguments, also where they are not understood.
pub fn asks_for_json() -> bool {
    std::env::args_os()
        .skip(1)
        .any(|argument| argument == "--json")
}

const VERSION: &str = concat!("project-init ", env!("CARGO_PKG_VERSION"), "\n");

/// The next argument as it stands: a name may begin with `-` and is then refused as a name.
fn value(parser: &mut lexopt::Parser) -> Result<String, ErrorBody> {
    let value = parser.value().map_err(usage)?;
    value.into_string().map_err(|value: OsString| {
        let shown = value.to_string_lossy().into_owned();
        ErrorBody::new(ErrorCode::Usage, &format!("`{shown}` is not valid Unicode"))
    })
}

fn seconds(text: &str) -> Result<i64, ErrorBody> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(seconds.into()),
        Err(_) => {
            let what = format!("`{text}` is not a number of seconds");
            Err(ErrorBody::new(ErrorCode::Usage, &what))
        }
    }
}

fn usage(error: lexopt::Error) -> ErrorBody {
    ErrorBody::new(ErrorCode::Usage, &error.to_string())
}
