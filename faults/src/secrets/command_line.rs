//! The token of a pod on the command line of a workstation.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::Result;
use testing::Server;

use super::canary::Inspector;
use super::pod::isolate;
use crate::program::Program;

/// An address without a server.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Sends the right and wrong tokens to a pod, from the environment and from files.
pub fn check(program: &Program, inspector: &mut Inspector<'_>, token: &str) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (home, workspace) = (dir.path().join("home"), dir.path().join("workspace"));
    fs::create_dir(&home)?;
    let mut serve = Server::command(&program.path, &workspace, 0);
    let server = Server::spawn(serve.env("PODSLATE_TOKEN", token))?;
    let pod = format!("http://{}", server.address());
    let (good, open, invalid) = (
        write_token(dir.path(), "good", &format!("{token}\n"), 0o600)?,
        write_token(dir.path(), "open", &format!("{token}\n"), 0o644)?,
        write_token(dir.path(), "invalid", &format!("{token} ä\n"), 0o600)?,
    );
    let wrong = format!("{token}x");
    let no_header = format!("{token}ä b");
    let list = |pod| ["list", "--pod", pod];
    let from = |file| ["list", "--pod", &pod, "--token-file", file];
    let plan = ["new", "Robot", "--pod", &pod, "--dry-run"];
    let create = ["new", "Robot", "--pod", &pod];
    let runs: [(&[&str], Option<&str>, i32); 13] = [
        (&list(&pod), Some(token), 0),
        (&list(&pod), Some(&wrong), 1),
        (&list(&pod), Some(&no_header), 2),
        (&list(&pod), None, 1),
        (&list(NOWHERE), Some(token), 2),
        (&from(&good), None, 0),
        (&from(&open), None, 2),
        (&from(&invalid), None, 2),
        (&plan, Some(token), 0),
        (&create, Some(&wrong), 1),
        (&create, Some(token), 0),
        (&create, Some(token), 1),
        (&["rename", "Robot", "Hero", "--pod", &pod], Some(token), 0),
    ];
    for (arguments, token, code) in runs {
        for json in [None, Some("--json")] {
            let mut command = Command::new(&program.path);
            isolate(&mut command, &home);
            command.args(arguments).args(json);
            command.envs(token.map(|token| ("PODSLATE_TOKEN", token)));
            // A change is requested twice and done once.
            let is_change = ["new", "rename"].contains(&arguments[0]);
            let is_again = is_change && json.is_some() && code == 0;
            let codes = if is_again { [0, 1] } else { [code; 2] };
            let name = [arguments[0], json.unwrap_or_default()].join(" ");
            inspect_run(inspector, &name, &command.output()?, codes);
        }
    }
    inspector.inspect_dir(&home)?;
    inspector.inspect_dir(&workspace)
}

fn inspect_run(inspector: &mut Inspector<'_>, name: &str, output: &Output, codes: [i32; 2]) {
    inspector.inspect(&format!("standard output of {name}"), &output.stdout);
    inspector.inspect(&format!("standard error of {name}"), &output.stderr);
    let found = output.status.code();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let what = format!("exit code {codes:?} of {name}: {found:?} {stderr}");
    inspector.expect(&what, codes.map(Some).contains(&found));
}

/// Writes a file with a token; its path.
fn write_token(dir: &Path, name: &str, content: &str, mode: u32) -> Result<String> {
    let path = dir.join(name);
    fs::write(&path, content)?;
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = mode;
    Ok(path.display().to_string())
}
