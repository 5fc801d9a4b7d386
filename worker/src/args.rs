//! The command line.

use std::ffi::OsString;

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Reads the program's arguments; `has_name` is whether the environment names a project.
///
/// # Errors
/// [`ErrorCode::Usage`] where they are not understood.
pub fn parse(
    mut arguments: impl ExactSizeIterator<Item = OsString>,
    has_name: bool,
) -> Result<Command, ErrorBody> {
    let (mut workspace, mut json, mut scan) = (".".to_owned(), false, true);
    let mut abandoned_after = recover::ABANDONED_AFTER;
    let mut modes: Vec<Mode> = Vec::new();
    while let Some(argument) = arguments.next().map(unicode).transpose()? {
        let (option, mut attached) = match argument.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (&*argument, None),
        };
        // The next argument as it stands: a name may begin with `-` and is then refused as a name.
        let mut value = || match attached.take() {
            Some(value) => Ok(value),
            None => arguments
                .next()
                .map_or_else(|| Err(missing(option)), unicode),
        };
        match option {
            "--workspace" => workspace = value()?,
            "--json" => json = true,
            "--no-scan" => scan = false,
            "--project" => modes.push(Mode::Project(value()?)),
            "--from-env" => modes.push(Mode::FromEnv),
            "--interactive" => modes.push(Mode::Interactive),
            "--rename" => modes.push(Mode::Rename {
                old: value()?,
                new: value()?,
            }),
            "--list" => modes.push(Mode::List),
            "--recover" => modes.push(Mode::Recover),
            "--older-than" => abandoned_after = seconds(&value()?)?,
            // After it only plain arguments may come, and there are none.
            "--" if arguments.len() == 0 => {}
            "-h" | "--help" => modes.push(Mode::Text(HELP)),
            "-V" | "--version" => modes.push(Mode::Text(VERSION)),
            _ if option.len() > 1 && option.starts_with('-') => {
                return Err(usage(&format!("invalid option '{option}'")));
            }
            _ => return Err(usage(&format!("unexpected argument '{option}'"))),
        }
        if let Some(value) = attached {
            let what = format!("unexpected argument for option '{option}': '{value}'");
            return Err(usage(&what));
        }
    }
    let mode = match (modes.pop(), modes.pop()) {
        (Some(mode), None) => mode,
        (None, _) if has_name => Mode::FromEnv,
        (None, _) => Mode::Interactive,
        (Some(_), Some(_)) => {
            return Err(usage("it names more than one mode"));
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
pub fn asks_for_json(mut arguments: impl Iterator<Item = OsString>) -> bool {
    arguments.any(|argument| argument == "--json")
}

const VERSION: &str = concat!("project-init ", env!("CARGO_PKG_VERSION"), "\n");

fn unicode(argument: OsString) -> Result<String, ErrorBody> {
    argument.into_string().map_err(|argument| {
        usage(&format!(
            "`{}` is not valid Unicode",
            argument.to_string_lossy()
        ))
    })
}

fn seconds(text: &str) -> Result<i64, ErrorBody> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(seconds.into()),
        Err(_) => Err(usage(&format!("`{text}` is not a number of seconds"))),
    }
}

fn missing(option: &str) -> ErrorBody {
    usage(&format!("missing argument for option '{option}'"))
}

fn usage(what: &str) -> ErrorBody {
    ErrorBody::new(ErrorCode::Usage, what)
}
