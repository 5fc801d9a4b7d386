//! Long steps: a line at the start and the end, a log of the output, and help after a failure.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use fs_err as fs;
use indicatif::{ProgressBar, ProgressStyle};
use xshell::Cmd;

use crate::paths::Paths;

/// Advice after a step that compiles code of the project.
pub const FIX_CODE: &str = "Fix what the compiler reports above and run the same command again.";
/// Number of lines of a log that are shown after a failure.
const LINES_SHOWN: usize = 25;

/// Runs `command` as one step with its output in a log file.
///
/// After a failure the end of the log is shown and the error ends in `advice`.
pub fn run(paths: &Paths, title: &str, advice: &str, command: Cmd<'_>) -> Result<()> {
    attempt(paths, title, command).map_err(|error| {
        let log = fs::read(log(paths, title)).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
        eprintln!("    {}", end.join("\n    "));
        anyhow!("{title}: {error:#}. {advice}")
    })
}

/// Installs `what` from `registry` as one step; the error is a sentence for people.
pub fn install(paths: &Paths, what: &str, registry: &str, command: Cmd<'_>) -> Result<()> {
    attempt(paths, &format!("Install {what} from {registry}"), command).map_err(|error| {
        anyhow!(
            "{what} could not be installed from {registry} ({error:#}). Check the \
             connection to it and run the same command again."
        )
    })
}

/// Runs `command` as one step that may fail: the error names the log, which is not shown.
pub fn attempt(paths: &Paths, title: &str, command: Cmd<'_>) -> Result<()> {
    let log = log(paths, title);
    let output = fs::File::create(&log)?.into_file();
    let mut command = Command::from(command);
    command.stdout(output.try_clone()?).stderr(output);
    let clock = ProgressBar::new_spinner();
    clock.set_style(ProgressStyle::with_template("    {elapsed}")?);
    clock.enable_steady_tick(Duration::from_secs(1));
    execute(title, command, || clock.finish_and_clear())
        .with_context(|| format!("see {}", log.display()))
}

/// Runs `command` with its output visible, because people and CI read it.
pub fn show(title: &str, command: Cmd<'_>) -> Result<()> {
    execute(title, command.into(), || ()).with_context(|| format!("{title} failed, see above"))
}

fn execute(title: &str, mut command: Command, ended: impl FnOnce()) -> Result<()> {
    note(title);
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).status();
    ended();
    let status = status.with_context(|| format!("{:?} cannot start", command.get_program()))?;
    let duration = seconds(start.elapsed());
    if !status.success() {
        bail!("{status} after {duration}");
    }
    note(&format!("{title}: done in {duration}"));
    Ok(())
}

/// Prints one line about something that is not a step.
pub fn note(text: &str) {
    eprintln!("==> {text}");
}

/// Prints a sentence about what is left out.
pub fn warn(text: &str) {
    eprintln!("warning: {text}");
}

/// A duration for people.
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f32()),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

/// The log of the step `title`.
pub fn log(paths: &Paths, title: &str) -> PathBuf {
    let is_other = |c: char| !c.is_ascii_alphanumeric();
    let name = title.to_lowercase().replace(is_other, "-");
    paths.logs.join(format!("{name:.60}.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn the_title_of_a_step_names_its_log() {
        let log = log(&Paths::of_test("/clone".as_ref()), "Build trunk 0.21");
        assert!(log.ends_with("build-trunk-0-21.log"));
    }
}
