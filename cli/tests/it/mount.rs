//! `podslate mount`, and its lines as a shell reads them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::program::{self, PODSLATE, text, without_settings};

/// Runs `podslate mount`.
fn mount(args: &[&str]) -> Output {
    let mut command = Command::new(PODSLATE);
    without_settings(command.arg("mount").args(args))
        .output()
        .expect("the program runs")
}

/// The one line that `podslate mount` prints.
fn printed(args: &[&str]) -> String {
    let text = text(&mount(args));
    text.strip_suffix('\n').expect("one line").to_owned()
}

/// Creates the project `Hero`.
fn create(workspace: &Path) {
    program::stdout(&mut program::podslate(workspace, &["new", "Hero"]));
}

#[test]
fn a_windows_path_is_data_on_every_system() {
    let path = r"E:\2D Programs\ComfyUI_Ext_Output\3D_AI_Inputs";
    let value = format!(r"type=bind,source={path}\Hero,target=/workspace/Hero");
    for (shell, expected) in [
        ("posix", format!("--mount '{value}'")),
        ("powershell", format!("--mount '{value}'")),
        ("pwsh", format!("--mount '{value}'")),
        ("cmd", format!("--mount \"{value}\"")),
    ] {
        assert_eq!(
            printed(&["Hero", "--host-path", path, "--shell", shell]),
            expected
        );
    }
    let options = ["--target", "/data/", "--read-only", "--shell", "cmd"];
    assert_eq!(
        printed(&[&["Hero", "--host-path", r"\\studio\3D"][..], &options].concat()),
        r#"--mount "type=bind,source=\\studio\3D\Hero,target=/data/Hero,readonly""#
    );
    let report = printed(&[
        "Hero",
        "--host-path",
        "E:/a,b",
        "--json",
        "--shell",
        "posix",
    ]);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let value = r#"type=bind,"source=E:/a,b/Hero",target=/workspace/Hero"#;
    assert_eq!(
        report,
        json!({
            "status": "success",
            "action": "mount",
            "project_name": "Hero",
            "source": "E:/a,b/Hero",
            "target": "/workspace/Hero",
            "read_only": false,
            "arguments": ["--mount", value],
            "command": format!("--mount '{value}'"),
        })
    );
}

#[cfg(unix)]
#[test]
fn a_shell_reads_the_path_unchanged() {
    let home = tempfile::tempdir().expect("a directory");
    let recorder = home.path().join("record");
    let text = "#!/bin/sh\nprintf '%s\\0' \"$@\" > \"$RECORD\"\n";
    program::write_program(&recorder, text);
    for name in [
        "plain",
        "two words",
        "a,b",
        "it's",
        r#"say "hi""#,
        "$HOME",
        "${x}",
        "`id`",
        "$(id)",
        "100%PATH%",
        "a&b;c|d<e>f",
        "*?[a]",
        "back\\slash\\",
        "~",
        "!x",
        "größe 模型",
        "a=b",
        "#x",
        r#"all ,"'$`%\"#,
    ] {
        let workspace = home.path().join(name);
        create(&workspace);
        let workspace = workspace.to_str().expect("Unicode");
        let line = printed(&["Hero", "--workspace", workspace, "--shell", "posix"]);
        let record = home.path().join("arguments");
        let ran = Command::new("sh")
            .args(["-c", &format!("\"$RECORDER\" {line}")])
            .env("RECORDER", &recorder)
            .env("RECORD", &record)
            .status();
        assert!(ran.expect("the shell runs").success());
        let read = fs::read_to_string(&record).expect("a record");
        let words: Vec<&str> = read.split_terminator('\0').collect();
        let ["--mount", value] = words[..] else {
            panic!("{line} was read as {words:?}");
        };
        assert_eq!(
            fields(value),
            [
                "type=bind".to_owned(),
                format!("source={workspace}/Hero"),
                "target=/workspace/Hero".to_owned()
            ]
        );
    }
}

/// The fields of a line of comma-separated values, by RFC 4180.
#[cfg(unix)]
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let last = fields.last_mut().expect("a field");
        match c {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => last.push('"'),
            '"' if is_quoted || last.is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            '"' => panic!("a bare quote in {line}"),
            c => last.push(c),
        }
    }
    fields
}

#[test]
fn a_mount_that_cannot_work_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    create(home.path());
    let workspace = home.path().to_str().expect("Unicode");
    let missing = home.path().join("missing");
    let missing = missing.to_str().expect("Unicode");
    for (args, exit, code) in [
        (
            &["Nobody", "--workspace", workspace][..],
            1,
            "project_not_found",
        ),
        (
            &["Nobody", "--workspace", workspace, "--host-path", "/srv"],
            1,
            "project_not_found",
        ),
        (
            &["Hero", "--workspace", missing],
            2,
            "workspace_unavailable",
        ),
        (&["../x", "--host-path", "/srv"], 1, "name_invalid"),
        (&["Hero", "--host-path", "srv"], 1, "request_invalid"),
        (
            &["Hero", "--host-path", "/srv", "--target", "data"],
            1,
            "request_invalid",
        ),
    ] {
        let output = mount(&[args, &["--json"]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(
            (output.status.code(), &report["code"]),
            (Some(exit), &json!(code)),
            "{args:?}"
        );
    }
    assert!(!Path::new(missing).exists(), "the workspace was created");
    // The same arguments without the mistake.
    let line = printed(&["Hero", "--workspace", workspace, "--host-path", "/srv"]);
    assert!(line.contains("source=/srv/Hero,"));
    assert!(printed(&["Nobody", "--host-path", "/srv"]).contains("source=/srv/Nobody,"));
}
