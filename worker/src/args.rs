//! Command line.

use std::ffi::OsString;

use podslate_shared::{Error, Result};

/// Environment variable with the name of the project, used if no option has one.
pub const NAME_VARIABLE: &str = "PROJECT_NAME";

const HELP: &str = "\
Creates the standard folders and configuration of a 3D project.

Usage: project-init [--workspace DIR] [--json] [MODE]

Modes:
  --project NAME     Create a new project
  --from-env         Create the project that PROJECT_NAME names; if it exists, add
                     missing folders and files and change nothing else
  --interactive      Ask for the name of a new project
  --rename OLD NEW   Rename a project
  --list             List the projects
  --recover          Repair or clean up after interrupted operations: update
                     configurations that still have an old name, and remove
                     stale unfinished entries. With --no-scan: only those of the
                     workspace, without looking into projects
  --recover-project NAME
                     The same for one project
  -h, --help         Print this help
  -V, --version      Print the version
Without a mode: --from-env if PROJECT_NAME is set, otherwise --interactive.

Options:
  --workspace DIR    Folder that contains the projects (default: current folder)
  --json             Print the result as one JSON object
  --no-scan          Do not search the workspace for names that differ only by
                     case, because the caller has done so
  --older-than N     With --recover: minimum age of a stale entry in seconds
                     (default: one day)

Exit codes: 0 done, 1 refused, 2 failed.

With wasmtime: wasmtime run --dir . project-init.wasm --project MyCharacter
";

const VERSION: &str = concat!("project-init ", env!("CARGO_PKG_VERSION"), "\n");

/// Age at which an unfinished entry is stale, in seconds. Its writer gives up after a minute.
const STALE_AFTER: i64 = 24 * 60 * 60;

/// A parsed command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Folder that contains the projects.
    pub workspace: String,
    /// Whether to print the result as JSON.
    pub json: bool,
    /// Whether to search the workspace for names that differ from a new one only by case.
    pub scan: bool,
    /// Age at which recovery removes an unfinished entry, in seconds.
    pub stale_after: i64,
    /// Operation to run.
    pub mode: Mode,
}

/// Operation of a [`Command`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Create a new project of this name.
    Project(String),
    /// Create or complete the project that the environment names.
    FromEnv,
    /// Ask for the name of a new project.
    Interactive,
    /// Rename a project.
    Rename {
        /// Current name.
        old: String,
        /// New name.
        new: String,
    },
    /// List the projects.
    List,
    /// Repair or clean up after interrupted operations.
    Recover,
    /// Repair or clean up in one project.
    RecoverProject(String),
    /// Print this text.
    Text(&'static str),
}

/// Parses the program's arguments. `has_name` is whether the environment names a project.
///
/// # Errors
/// [`Error::Usage`] if they are not valid.
pub fn parse(
    mut arguments: impl ExactSizeIterator<Item = OsString>,
    has_name: bool,
) -> Result<Command> {
    let mut command = Command {
        workspace: ".".to_owned(),
        json: false,
        scan: true,
        stale_after: STALE_AFTER,
        mode: Mode::Interactive,
    };
    if has_name {
        command.mode = Mode::FromEnv;
    }
    let mut has_mode = false;
    while let Some(argument) = arguments.next().map(unicode).transpose()? {
        // Only positional arguments may follow, and there are none.
        if argument == "--" && arguments.len() == 0 {
            break;
        }
        let (option, mut attached) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (&*argument, None),
        };
        // The next argument even if it starts with `-`: it is then rejected as a name.
        let mut value = || match attached.take().map(Ok) {
            Some(value) => value,
            None => match arguments.next() {
                Some(value) => unicode(value),
                None => Err(usage(format!("`{option}` requires a value"))),
            },
        };
        if let Some(mode) = parse_mode(option, &mut value)? {
            if has_mode {
                return Err(usage("more than one mode was given".to_owned()));
            }
            (command.mode, has_mode) = (mode, true);
        } else {
            set_option(&mut command, option, &mut value)?;
        }
        if let Some(value) = attached {
            let reason = format!("`{option}` does not accept the value `{value}`");
            return Err(usage(reason));
        }
    }
    Ok(command)
}

type Value<'a> = &'a mut dyn FnMut() -> Result<String>;

fn parse_mode(option: &str, value: Value<'_>) -> Result<Option<Mode>> {
    Ok(Some(match option {
        "--project" => Mode::Project(value()?),
        "--from-env" => Mode::FromEnv,
        "--interactive" => Mode::Interactive,
        "--rename" => Mode::Rename {
            old: value()?,
            new: value()?,
        },
        "--list" => Mode::List,
        "--recover" => Mode::Recover,
        "--recover-project" => Mode::RecoverProject(value()?),
        "-h" | "--help" => Mode::Text(HELP),
        "-V" | "--version" => Mode::Text(VERSION),
        _ => return Ok(None),
    }))
}

fn set_option(command: &mut Command, option: &str, value: Value<'_>) -> Result<()> {
    match option {
        "--workspace" => command.workspace = value()?,
        "--json" => command.json = true,
        "--no-scan" => command.scan = false,
        "--older-than" => {
            let text = value()?;
            let invalid = |_| usage(format!("`{text}` is not a number of seconds"));
            command.stale_after = text.parse::<u32>().map_err(invalid)?.into();
        }
        _ if option.len() > 1 && option.starts_with('-') => {
            return Err(usage(format!("the option `{option}` does not exist")));
        }
        _ => return Err(usage(format!("the argument `{option}` is not expected"))),
    }
    Ok(())
}

/// Whether `--json` is among the arguments, even if they are not valid.
pub fn asks_for_json(mut arguments: impl Iterator<Item = OsString>) -> bool {
    arguments.any(|argument| argument == "--json")
}

fn unicode(argument: OsString) -> Result<String> {
    argument.into_string().map_err(|argument| {
        let text = argument.to_string_lossy();
        usage(format!("`{text}` is not valid Unicode"))
    })
}

fn usage(reason: String) -> Error {
    Error::Usage { reason }
}
