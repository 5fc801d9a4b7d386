//! The scripts of installation, read by linters.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{root, run, tools};

#[test]
fn shellcheck_accepts_the_shell_scripts() {
    let Some(python) = tools("shellcheck_accepts_the_shell_scripts") else {
        return;
    };
    let shellcheck =
        python.with_file_name(["shellcheck", "shellcheck.exe"][usize::from(cfg!(windows))]);
    let check = |script: &Path| run(Command::new(&shellcheck).arg(script));
    for script in ["packaging/install.sh", "xtask/src/debian.sh", ".ci/run"] {
        let (code, stdout, stderr) = check(&root().join(script));
        assert_eq!(code, 0, "{stdout}{stderr}");
    }
    let wrong = tempfile::NamedTempFile::new().unwrap();
    fs::write(wrong.path(), "#!/bin/sh\nrm -rf $folder/*\n").unwrap();
    assert_eq!(check(wrong.path()).0, 1);
}

/// No PowerShell can be had on every machine, so this finds errors of syntax only.
#[test]
fn the_script_for_powershell_can_be_parsed() {
    let Some(python) = tools("the_script_for_powershell_can_be_parsed") else {
        return;
    };
    let parse = |script: &Path| {
        let code = "import sys, tree_sitter_powershell as p; from tree_sitter import Language, Parser; \
                    text = open(sys.argv[1], 'rb').read(); \
                    sys.exit(Parser(Language(p.language())).parse(text).root_node.has_error)";
        run(Command::new(&python).args(["-c", code]).arg(script)).0
    };
    let script = root().join("packaging/install.ps1");
    assert_eq!(parse(&script), 0);
    let wrong = tempfile::NamedTempFile::new().unwrap();
    let text = fs::read_to_string(&script).unwrap();
    fs::write(wrong.path(), text.replacen("finally {", "finally ", 1)).unwrap();
    assert_eq!(parse(wrong.path()), 1);
}
