//! Every limit and barrier of the sandbox, obeyed and violated, with tiny guests.

use std::path::Path;
use std::time::{Duration, Instant};

use podslate_sandbox::{Limits, Output, Run, Sandbox, SandboxError, precompile};

const IMPORTS: &str = r#"
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get"
      (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept"
      (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_create_directory"
      (func $mkdir (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
"#;

/// A program whose exit code is the value that `body` leaves on the stack.
fn guest(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {IMPORTS}
          (memory (export "memory") 1)
          (func (export "_start") (call $exit {body})))"#
    );
    wat::parse_str(text).expect("a program")
}

fn limits() -> Limits {
    Limits {
        time: Duration::from_millis(300),
        memory: 64 << 20,
        ..Limits::default()
    }
}

fn run_in(folder: &Path, wasm: &[u8], run: &Run<'_>) -> Result<Output, SandboxError> {
    Sandbox::compile(wasm, limits())
        .expect("a program")
        .run(folder, run)
}

fn run(body: &str) -> Result<Output, SandboxError> {
    let folder = tempfile::tempdir().expect("a directory");
    run_in(folder.path(), &guest(body), &Run::default())
}

#[test]
fn the_exit_code_is_returned() {
    for code in [0, 1, 2, 125] {
        assert_eq!(run(&format!("(i32.const {code})")).unwrap().exit, code);
    }
}

#[test]
fn memory_grows_up_to_the_limit_and_not_beyond() {
    // The program starts with one page; 64 MiB are 1,024.
    let grow = |pages: i32| format!("(i32.eq (memory.grow (i32.const {pages})) (i32.const -1))");
    assert_eq!(run(&grow(1023)).unwrap().exit, 0);
    assert!(matches!(
        run(&grow(1024)),
        Err(SandboxError::Memory(67_108_864))
    ));
    let large =
        wat::parse_str(r#"(module (memory (export "memory") 1025) (func (export "_start")))"#)
            .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let refused = run_in(folder.path(), &large, &Run::default());
    assert!(
        matches!(refused, Err(SandboxError::Memory(67_108_864))),
        "{refused:?}"
    );
}

#[test]
fn an_endless_program_is_stopped() {
    let counts = r#"(block (result i32) (loop $again
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (br_if $again (i32.lt_u (i32.load (i32.const 0)) (i32.const 1000))))
        (i32.const 0))"#;
    assert_eq!(run(counts).unwrap().exit, 0);
    let start = Instant::now();
    let stopped = run("(loop $again (result i32) (br $again))");
    assert!(
        matches!(stopped, Err(SandboxError::Timeout(_))),
        "{stopped:?}"
    );
    assert!(start.elapsed() > limits().time);
}

/// Writes 1,024 bytes `count` times to `stream` and ignores errors.
fn writer(stream: i32, count: i32) -> String {
    format!(
        r#"(block (result i32)
            (i32.store (i32.const 4) (i32.const 1024))
            (loop $again
              (drop (call $write (i32.const {stream}) (i32.const 0) (i32.const 1) (i32.const 12)))
              (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
              (br_if $again (i32.lt_u (i32.load (i32.const 8)) (i32.const {count}))))
            (i32.const 0))"#
    )
}

#[test]
fn output_is_returned_up_to_the_limit_and_an_error_beyond() {
    assert_eq!(run(&writer(1, 1024)).unwrap().stdout.len(), 1 << 20);
    assert!(matches!(
        run(&writer(1, 1025)),
        Err(SandboxError::OutputTooLarge(1_048_576))
    ));
    assert_eq!(run(&writer(2, 64)).unwrap().stderr.len(), 64 << 10);
    assert!(matches!(
        run(&writer(2, 65)),
        Err(SandboxError::OutputTooLarge(65_536))
    ));
}

#[test]
fn a_crash_has_its_own_error() {
    let crashed = run("(unreachable)");
    assert!(matches!(crashed, Err(SandboxError::Trap(_))), "{crashed:?}");
}

#[test]
fn only_the_given_environment_and_arguments_are_visible() {
    let environ = "(block (result i32) (drop (call $environ (i32.const 0) (i32.const 4)))
        (i32.load (i32.const 0)))";
    let args = environ.replace("$environ", "$args");
    let folder = tempfile::tempdir().unwrap();
    let count = |body: &str, run: &Run<'_>| run_in(folder.path(), &guest(body), run).unwrap().exit;
    assert!(std::env::vars().count() > 0);
    assert_eq!(count(environ, &Run::default()), 0);
    assert_eq!(
        count(
            environ,
            &Run {
                env: &[("PROJECT_NAME", "A")],
                ..Run::default()
            }
        ),
        1
    );
    assert_eq!(count(&args, &Run::default()), 1);
    assert_eq!(
        count(
            &args,
            &Run {
                args: &["--json", "--list"],
                ..Run::default()
            }
        ),
        3
    );
}

#[test]
fn there_is_no_input_and_no_network() {
    // Reads into 16..32 and exits with the count, which is zero at the end of the input.
    let reads = "(block (result i32)
        (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 16))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.load (i32.const 8)))";
    assert_eq!(run(reads).unwrap().exit, 0);
    for handle in 0..8 {
        let accept = format!("(call $accept (i32.const {handle}) (i32.const 0) (i32.const 8))");
        assert_ne!(run(&accept).unwrap().exit, 0, "handle {handle}");
    }
}

#[test]
fn one_folder_is_open_and_no_other() {
    const BAD_HANDLE: i32 = 8;
    assert_eq!(
        run("(call $prestat (i32.const 3) (i32.const 0))")
            .unwrap()
            .exit,
        0
    );
    assert_eq!(
        run("(call $prestat (i32.const 4) (i32.const 0))")
            .unwrap()
            .exit,
        BAD_HANDLE
    );
}

/// A program that passes `path` to a call and exits with WASI's error number.
fn path_guest(call: &str, path: &str) -> Vec<u8> {
    let text = format!(
        r#"(module {IMPORTS}
          (memory (export "memory") 1)
          (data (i32.const 1024) "{path}")
          (func (export "_start") (call $exit {call})))"#
    )
    .replace(
        "$at",
        &format!("(i32.const 1024) (i32.const {})", path.len()),
    );
    wat::parse_str(text).expect("a program")
}

#[test]
fn no_path_leads_out_of_the_folder() {
    const MKDIR: &str = "(call $mkdir (i32.const 3) $at)";
    const OPEN: &str = "(call $open (i32.const 3) (i32.const 1) $at (i32.const 0) (i64.const 2)
        (i64.const 0) (i32.const 0) (i32.const 0))";
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("workspace");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(outer.path().join("secret"), "s").unwrap();
    std::fs::write(folder.join("own"), "o").unwrap();
    #[cfg(unix)]
    for (target, link) in [("..", "up"), ("../secret", "leak"), ("own", "inner")] {
        std::os::unix::fs::symlink(target, folder.join(link)).unwrap();
    }
    let exit = |call: &str, path: &str| {
        run_in(&folder, &path_guest(call, path), &Run::default())
            .unwrap()
            .exit
    };
    for inside in ["made", "./made/deeper"] {
        assert_eq!(exit(MKDIR, inside), 0, "{inside}");
    }
    let absolute = outer.path().join("out");
    let absolute = absolute.to_str().unwrap();
    for outside in ["../out", "made/../../out", "up/out", absolute, "/tmp/out"] {
        assert_ne!(exit(MKDIR, outside), 0, "{outside}");
    }
    for inside in ["own", "inner"] {
        assert_eq!(exit(OPEN, inside), 0, "{inside}");
    }
    for outside in ["../secret", "leak", "up/secret", "/etc/hostname"] {
        assert_ne!(exit(OPEN, outside), 0, "{outside}");
    }
    assert!(folder.join("made/deeper").is_dir());
    assert!(!outer.path().join("out").exists());
}

#[test]
fn a_folder_that_is_missing_or_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for name in ["missing", "file"] {
        let refused = run_in(
            &folder.path().join(name),
            &guest("(i32.const 0)"),
            &Run::default(),
        );
        assert!(
            matches!(refused, Err(SandboxError::Workspace(_))),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn precompiled_code_is_used_and_damaged_code_is_compiled_again() {
    let wasm = guest("(i32.const 7)");
    let code = precompile(&wasm, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let load = |code: &[u8]| Sandbox::from_precompiled(code, &wasm, limits()).unwrap();
    let exit = |sandbox: &Sandbox| sandbox.run(folder.path(), &Run::default()).unwrap().exit;
    let ahead = load(&code);
    assert!(ahead.is_precompiled());
    assert_eq!(exit(&ahead), 7);
    for damaged in [&b""[..], b"no code", &code[..code.len() / 2]] {
        let compiled = load(damaged);
        assert!(!compiled.is_precompiled());
        assert_eq!(exit(&compiled), 7);
    }
}

#[test]
fn bytes_that_are_not_a_program_are_refused() {
    for (wasm, kind) in [(&b"no program"[..], "text"), (b"", "no bytes")] {
        let refused = Sandbox::compile(wasm, limits());
        assert!(matches!(refused, Err(SandboxError::Load(_))), "{kind}");
    }
    let imports = wat::parse_str(r#"(module (import "other" "power" (func)))"#).unwrap();
    assert!(matches!(
        Sandbox::compile(&imports, limits()),
        Err(SandboxError::Load(_))
    ));
}
