//! The programs for Windows, which Wine runs.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::{PATIENCE, skip, wait_for};

/// A program that runs as long as the tests: Wine's own processes end with the last one, start with
/// the next, and keep the outputs of that one open.
static COMPANION: OnceLock<Option<Child>> = OnceLock::new();

/// Wine, and a folder with the programs.
#[derive(Debug)]
pub struct Wine {
    wine: PathBuf,
    programs: PathBuf,
    /// Wine's own files.
    prefix: PathBuf,
}

impl Wine {
    /// Wine for the test of this name; `None` if the test is skipped.
    pub fn take(test: &str) -> Option<Self> {
        let path = |name: &str| {
            let path = env::var_os(name).map(PathBuf::from);
            if path.is_none() {
                skip(test, &format!("`{name}` is not set"));
            }
            path
        };
        let wine = Self {
            wine: path("PODSLATE_TEST_WINE")?,
            programs: path("PODSLATE_TEST_WINDOWS")?,
            prefix: path("PODSLATE_TEST_WINE_PREFIX")?,
        };
        COMPANION.get_or_init(|| wine.companion());
        Some(wine)
    }

    /// Starts the companion. While Wine's processes of an earlier program end, a new one may fail.
    fn companion(&self) -> Option<Child> {
        let start = || {
            let mut command = self.command("hold");
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = command.stderr(Stdio::null()).spawn().ok()?;
            let mut line = String::new();
            BufReader::new(child.stdout.take()?)
                .read_line(&mut line)
                .ok()?;
            line.starts_with("open").then_some(child)
        };
        wait_for(PATIENCE, start)
    }

    /// A command that runs a program for Windows, such as `podslate`.
    pub fn command(&self, program: &str) -> Command {
        let [runner, program] = self.words(program);
        let mut command = Command::new(runner);
        command.arg(program).envs(self.environment());
        command
    }

    /// Wine and a program for it, the first words of a command.
    pub fn words(&self, program: &str) -> [String; 2] {
        let program = self.programs.join(format!("{program}.exe"));
        [&self.wine, &program].map(|path| path.display().to_string())
    }

    /// Environment variables of a command.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        [
            ("WINEPREFIX", self.prefix.display().to_string()),
            ("WINEDEBUG", "-all".to_owned()),
            // Wine would offer to install them.
            ("WINEDLLOVERRIDES", "mscoree,mshtml=".to_owned()),
        ]
    }
}

/// A path of this machine as Windows programs see it.
pub fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display()).replace('/', "\\")
}
