//! Any output of the worker, as the host reads it.

use podslate_sandbox::Output;
use podslate_sandbox::response::{completed, created, read, recovered, renamed};
use podslate_shared::{Done, ErrorCode, ProjectName, Report};
use serde_json::Value;

/// The first byte is the exit code, the rest is standard output. A success is believed only if the
/// whole output is one, with exit code 0 and about the requested project; an error only with its
/// exit code.
///
/// # Panics
/// Anything else was believed.
pub fn answer(bytes: &[u8]) {
    let Some((exit, stdout)) = bytes.split_first() else {
        return;
    };
    let output = &Output {
        exit: i32::from(*exit as i8),
        stdout: stdout.to_vec(),
        stderr: Vec::new(),
    };
    let name = |text| ProjectName::parse(text).expect("the name is valid");
    let (hero, robot) = (name("Hero"), name("Robot"));
    check(
        output,
        |done| created(done, &robot).map(Done::Created),
        |json| json["action"] == "created" && json["project_name"] == "Robot",
    );
    check(
        output,
        |done| completed(done, &robot),
        |json| {
            let is_new = json["action"] == "created" || json["action"] == "completed";
            is_new && json["project_name"] == "Robot"
        },
    );
    check(
        output,
        |done| renamed(done, &(&hero).into(), &robot).map(Done::Renamed),
        |json| {
            let is_from = json["old_name"] == "Hero";
            json["action"] == "renamed" && is_from && json["new_name"] == "Robot"
        },
    );
    check(
        output,
        |done| recovered(done).map(Done::Recovered),
        |json| json["action"] == "recovered",
    );
}

/// Reads the output as the response to a request; `is_requested` reads the JSON itself.
fn check(
    output: &Output,
    expect: impl FnOnce(Done) -> Option<Done>,
    is_requested: impl FnOnce(&Value) -> bool,
) {
    let json: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    match read(output, expect) {
        Ok(done) => {
            let json = json.expect("a success is JSON");
            assert_eq!(output.exit, 0);
            assert_eq!(json["status"], "success");
            assert!(is_requested(&json), "{done:?} was believed");
            ensure_round_trip(output, Report::Success(done));
        }
        Err(error) if error.code() == ErrorCode::Internal => {}
        Err(error) => {
            let json = json.expect("an error is JSON");
            let code = error.code();
            assert!(output.exit == i32::from(code.exit_code()) && output.exit > 0);
            assert_eq!(json["status"], "error");
            assert_eq!(json["code"], code.as_str());
            assert_eq!(json["error"], error.to_string());
            ensure_round_trip(output, Report::Error(error.into()));
        }
    }
}

/// Written again, the report is read as the same.
fn ensure_round_trip(output: &Output, report: Report) {
    let again = Output {
        stdout: serde_json::to_vec(&report).expect("a report is JSON"),
        ..output.clone()
    };
    let read = match read(&again, Some) {
        Ok(done) => Report::Success(done),
        Err(error) => Report::Error(error.into()),
    };
    assert_eq!(read, report);
}
