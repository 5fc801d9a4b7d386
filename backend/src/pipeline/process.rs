//! The command's process and its child processes.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use podslate_shared::FolderName;
use tokio::io::AsyncRead;
use tokio::process::{Child, Command};

use super::family::{Family, MARK};

/// Opens a project's folder, so that nothing that takes its place leads a command elsewhere.
pub fn open_folder(workspace: &Path, project: &FolderName) -> io::Result<File> {
    let workspace = podslate_disk::real_path(workspace)?;
    podslate_disk::open_folder(&workspace.join(project.as_str()))
}

/// Starts a command in a project's folder.
///
/// The command inherits the environment without what concerns the server alone.
pub fn spawn(
    command: &[OsString],
    workspace: &Path,
    project: &FolderName,
    family: &Family,
) -> Result<Child, String> {
    let root = workspace.join(project.as_str());
    let folder = open_folder(workspace, project);
    let folder =
        folder.map_err(|error| format!("the project's folder cannot be used ({error})"))?;
    let Some((program, args)) = command.split_first() else {
        return Err("the command is empty".to_owned());
    };
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(podslate_disk::path_of(&folder, &root))
        .env("PROJECT_NAME", project.as_str())
        .env("PROJECT_ROOT", &root)
        .env("WORKSPACE", workspace)
        .env(MARK, family.mark())
        .env_remove("PODSLATE_TOKEN")
        .env_remove("PODSLATE_ROLE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let program = program.display();
    command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no program `{program}`"),
        ErrorKind::PermissionDenied => format!("`{program}` is not executable"),
        _ => format!("`{program}`: {error}"),
    })
}

/// Takes the command's outputs, each with whether it is standard error; a second call returns none.
pub fn outputs(child: &mut Child) -> Vec<(bool, Box<dyn AsyncRead + Send + Unpin>)> {
    let stdout = child.stdout.take().map(|it| (false, Box::new(it) as _));
    let stderr = child.stderr.take().map(|it| (true, Box::new(it) as _));
    stdout.into_iter().chain(stderr).collect()
}

/// Number of the signal that ended a process.
pub fn signal_of(exit: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    return std::os::unix::process::ExitStatusExt::signal(&exit);
    #[cfg(not(unix))]
    return None.filter(|_: &i32| exit.success());
}

/// A command as a person would type it in a shell.
pub fn display(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    let quoter = shlex::Quoter::new().allow_nul(true);
    let quoted = quoter.join(words.iter().map(AsRef::as_ref));
    quoted.unwrap_or_else(|_| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_displayed_as_it_is_typed() {
        let display = |words: &[&str]| display(&words.iter().map(Into::into).collect::<Vec<_>>());
        assert_eq!(
            display(&["python", "pipeline/one_click.py"]),
            "python pipeline/one_click.py"
        );
        assert_eq!(
            display(&["sh", "-c", "echo it's", ""]),
            r#"sh -c "echo it's" ''"#
        );
    }
}
