//! `podslate mount`: the argument with which Docker mounts a project.

use anyhow::Result;
use podslate_shared::api::Success;
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use serde::Serialize;

use super::args::Mount;
use super::find;
use crate::{host_path, local, quote, say};

/// The answer for programs.
#[derive(Serialize)]
struct Report<'a> {
    status: Success,
    action: &'static str,
    project_name: &'a str,
    source: &'a str,
    target: &'a str,
    read_only: bool,
    /// The words, as a program passes them without a shell.
    arguments: [&'a str; 2],
    /// The words, quoted for the shell.
    command: &'a str,
}

/// Prints the argument.
pub fn run(args: &Mount, json: bool) -> Result<()> {
    let name = local::parse(&args.name)?;
    let source = source(args, &name)?;
    let target = target(&args.target, &name)?;
    let value = value(&source, &target, args.read_only);
    let command = format!("--mount {}", quote::word(&value, args.shell));
    if !json {
        return say::result(&(command + "\n"));
    }
    let report = serde_json::to_string(&Report {
        status: Success::Success,
        action: "mount",
        project_name: name.as_str(),
        source: &source,
        target: &target,
        read_only: args.read_only,
        arguments: ["--mount", &value],
        command: &command,
    })?;
    say::result(&(report + "\n"))
}

/// The project's folder on the machine that runs Docker.
fn source(args: &Mount, name: &ProjectName) -> Result<String> {
    let found = match args.host_path {
        Some(_) if args.workspace.given().is_none() => None,
        _ => Some(find::project(&args.workspace.path(), name)?),
    };
    if let Some(base) = &args.host_path {
        return Ok(host_path::join(base, name.as_str())?);
    }
    let path = found.as_deref().and_then(|path| path.to_str());
    let path = path.ok_or_else(|| {
        let what = "the workspace's path is not valid Unicode";
        ErrorBody::new(ErrorCode::WorkspaceUnavailable, what)
    })?;
    Ok(host_path::checked(path)?.to_owned())
}

fn target(folder: &str, name: &ProjectName) -> Result<String, ErrorBody> {
    if !folder.starts_with('/') || folder.contains(char::is_control) {
        let folder = folder.escape_debug();
        let what = format!("`--target {folder}` is not an absolute path of the pod");
        return Err(ErrorBody::new(ErrorCode::RequestInvalid, &what));
    }
    Ok(format!("{}/{name}", folder.trim_end_matches('/')))
}

fn value(source: &str, target: &str, read_only: bool) -> String {
    let (source, target) = (format!("source={source}"), format!("target={target}"));
    let fields = ["type=bind", &source, &target].map(quote::field);
    fields.join(",") + if read_only { ",readonly" } else { "" }
}
