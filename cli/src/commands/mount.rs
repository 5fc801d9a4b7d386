//! `podslate mount`: the argument with which Docker mounts a project.

use podslate_shared::{Error as ApiError, FolderName, printable};
use serde::Serialize;

use crate::args::Mount;
use crate::error::{Error, Result};
use crate::{host_path, output, quote, workspace};

/// Result for programs.
#[derive(Serialize)]
struct Report<'a> {
    project_name: &'a FolderName,
    source: &'a str,
    target: &'a str,
    read_only: bool,
    /// Arguments, as a program passes them without a shell.
    arguments: [&'a str; 2],
    /// Arguments, quoted for the shell.
    command: &'a str,
}

pub fn run(args: &Mount, is_json: bool) -> Result<()> {
    let name = FolderName::parse(&args.name)?;
    let source = source(args, &name)?;
    let target = target(&args.target, &name)?;
    let value = value(&source, &target, args.read_only);
    let command = format!("--mount {}", quote::word(&value, args.shell));
    if !is_json {
        return output::result(&command);
    }
    let report = Report {
        project_name: &name,
        source: &source,
        target: &target,
        read_only: args.read_only,
        arguments: ["--mount", &value],
        command: &command,
    };
    output::action("mount", &report)
}

/// Folder of the project on the machine that runs Docker.
fn source(args: &Mount, name: &FolderName) -> Result<String> {
    let is_here = args.host_path.is_none() || args.workspace.given().is_some();
    let dir = is_here
        .then(|| workspace::project_dir(&args.workspace.path(), name))
        .transpose()?;
    if let Some(base) = &args.host_path {
        return host_path::join(base, name.as_str());
    }
    let path = dir.as_deref().and_then(|path| path.to_str());
    let path = path.ok_or_else(|| ApiError::WorkspaceUnavailable {
        reason: "its path is not valid Unicode".to_owned(),
    })?;
    host_path::check(path)?;
    Ok(path.to_owned())
}

/// Folder of the project on the pod.
fn target(dir: &str, name: &FolderName) -> Result<String> {
    if !dir.starts_with('/') || printable(dir) != dir {
        let dir = dir.escape_debug();
        let reason = format!("`--target {dir}` is not an absolute path on the pod");
        return Err(Error::invalid(reason));
    }
    Ok(format!("{}/{name}", dir.trim_end_matches('/')))
}

fn value(source: &str, target: &str, read_only: bool) -> String {
    let (source, target) = (format!("source={source}"), format!("target={target}"));
    let fields = ["type=bind", &source, &target].map(quote::field);
    fields.join(",") + if read_only { ",readonly" } else { "" }
}
