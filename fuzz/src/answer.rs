//! Any output of the worker, as the server reads it.

use podslate_sandbox::Output;
use podslate_sandbox::answer::{is_about, read};
use podslate_shared::{Done, ErrorCode, ProjectName, Report};
use serde_json::Value;

/// The first byte is the exit code, the rest what the worker said. A success is believed only where
/// the whole output says it, with exit code 0 and about the project that was asked for; an error
/// only with the exit code that belongs to it.
///
/// # Panics
/// Something else was believed.
pub fn answer(bytes: &[u8]) {
    let Some((exit, stdout)) = bytes.split_first() else {
        return;
    };
    let output = Output {
        exit: i32::from(*exit as i8),
        stdout: stdout.to_vec(),
        stderr: Vec::new(),
    };
    let robot = ProjectName::parse("Robot").expect("the name is good");
    let is_recovered = |done: &Done| matches!(done, Done::Recovered { .. });
    for (is_recovery, told) in [
        (false, read(&output, |done| is_about(done, &robot))),
        (true, read(&output, is_recovered)),
    ] {
        let said: Option<Value> = serde_json::from_slice(stdout).ok();
        match told {
            Ok(done) => {
                let said = said.expect("a success was said in JSON");
                assert_eq!(*exit, 0);
                assert_eq!(said["status"], "success");
                about(&said, &done, is_recovery);
                same(&output, Report::Success(done));
            }
            Err(error) if error.code == ErrorCode::Internal => {}
            Err(error) => {
                let said = said.expect("an error was said in JSON");
                assert!(*exit == error.code.info().exit && *exit > 0);
                assert_eq!(said["status"], "error");
                assert_eq!(said["code"], error.code.info().slug);
                assert_eq!(said["error"], *error.error);
                same(&output, Report::Error(error));
            }
        }
    }
}

/// The answer is one to what was asked, read off the JSON itself.
fn about(said: &Value, done: &Done, is_recovery: bool) {
    let action = said["action"].as_str().unwrap_or_default();
    let name = match (action, is_recovery) {
        ("recovered", true) => return,
        ("created" | "completed", false) => &said["project_name"],
        ("renamed", false) => &said["new_name"],
        _ => panic!("{done:?} was believed"),
    };
    assert_eq!(name, "Robot");
}

/// Told again, it is read as the same.
fn same(output: &Output, report: Report) {
    let again = Output {
        stdout: serde_json::to_vec(&report).expect("a report is JSON"),
        ..output.clone()
    };
    let read = match read(&again, |_| true) {
        Ok(done) => Report::Success(done),
        Err(error) => Report::Error(error),
    };
    assert_eq!(read, report);
}
