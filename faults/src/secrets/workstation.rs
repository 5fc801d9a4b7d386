//! The command line with the token of a pod.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::canary::Look;
use super::pod::clean;
use crate::program::Program;
use crate::server::Server;

/// An address at which nothing answers.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Asks a pod with the right and wrong tokens, from the environment and from files.
pub fn run(program: &Program, look: &mut Look, token: &str) -> io::Result<()> {
    let home = tempfile::tempdir()?;
    let (own, workspace) = (home.path().join("home"), home.path().join("workspace"));
    fs::create_dir(&own)?;
    let server = Server::start_with(program, &workspace, Some(token))?;
    let pod = format!("http://{}", server.address);
    let files = files(home.path(), token)?;
    let (good, open, broken) = (&*files[0], &*files[1], &*files[2]);
    let wrong = format!("{token}x");
    let no_header = format!("{token}ä b");
    let list = |pod| ["list", "--pod", pod];
    let from = |file| ["list", "--pod", &pod, "--token-file", file];
    let plan = ["new", "Robot", "--pod", &pod, "--dry-run"];
    let make = ["new", "Robot", "--pod", &pod];
    let runs: [(&[&str], Option<&str>, i32); 13] = [
        (&list(&pod), Some(token), 0),
        (&list(&pod), Some(&wrong), 1),
        (&list(&pod), Some(&no_header), 2),
        (&list(&pod), None, 1),
        (&list(NOWHERE), Some(token), 2),
        (&from(good), None, 0),
        (&from(open), None, 2),
        (&from(broken), None, 2),
        (&plan, Some(token), 0),
        (&make, Some(&wrong), 1),
        (&make, Some(token), 0),
        (&make, Some(token), 1),
        (&["rename", "Robot", "Hero", "--pod", &pod], Some(token), 0),
    ];
    for (arguments, token, code) in runs {
        for json in [&[][..], &["--json"]] {
            let mut command = Command::new(&program.path);
            clean(&mut command, &own);
            command.args(arguments).args(json);
            if let Some(token) = token {
                command.env("PODSLATE_TOKEN", token);
            }
            let output = command.output()?;
            let what = format!("{} {}", arguments[0], json.concat());
            look.at(&format!("standard output of {what}"), &output.stdout);
            look.at(&format!("standard error of {what}"), &output.stderr);
            // What changes is asked for twice, and done once.
            let is_again =
                json.len() == 1 && code == 0 && ["new", "rename"].contains(&arguments[0]);
            let found = output.status.code();
            let is_right = found == Some(code) || is_again && found == Some(1);
            let said = String::from_utf8_lossy(&output.stderr);
            look.expect(
                &format!("exit {code} of {what}: {found:?} {said}"),
                is_right,
            );
        }
    }
    look.inside(&own)?;
    look.inside(&workspace)
}

/// Files with the token: a good one, one that others may read, and one that is no token.
fn files(folder: &Path, token: &str) -> io::Result<Vec<String>> {
    let kinds = [
        ("good", format!("{token}\n"), 0o600),
        ("open", format!("{token}\n"), 0o644),
        ("broken", format!("{token} ä\n"), 0o600),
    ];
    let write = |(name, content, mode): (&str, String, u32)| {
        let path = folder.join(name);
        fs::write(&path, content)?;
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        #[cfg(not(unix))]
        let _ = mode;
        Ok(path.display().to_string())
    };
    kinds.into_iter().map(write).collect()
}
