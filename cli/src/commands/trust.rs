//! `podslate trust`: the settings files that may be used where they are found.

use std::path::Path;

use serde::Serialize;

use crate::args::Trust;
use crate::error::{Error, Result};
use crate::output;
use crate::settings::{Source, path_when_found, summary, trust};

/// Result for programs.
#[derive(Serialize)]
struct Report {
    path: String,
    /// Sentences about what the file does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    effects: Vec<String>,
    message: String,
}

pub fn run(args: &Trust, is_json: bool) -> Result<()> {
    if args.list {
        return list(is_json);
    }
    let path = path_when_found(args.file.as_deref().unwrap_or(Path::new(".")))?;
    let (action, report) = if args.revoke {
        ("revoked", revoke(&path)?)
    } else {
        ("trusted", allow(&path)?)
    };
    if is_json {
        return output::action(action, &report);
    }
    for line in &report.effects {
        output::note(line);
    }
    output::result(&report.message)
}

fn allow(path: &Path) -> Result<Report> {
    let shown = path.display();
    let missing = || {
        let reason = format!("`{shown}` does not exist");
        Error::SettingsInvalid { reason }
    };
    let source = Source::found_at(path)?.ok_or_else(missing)?;
    trust::allow(&source)?;
    Ok(Report {
        path: shown.to_string(),
        effects: summary(&source),
        message: format!("Allowed {shown}."),
    })
}

fn revoke(path: &Path) -> Result<Report> {
    let shown = path.display();
    let message = match trust::revoke(path)? {
        true => format!("Revoked {shown}."),
        false => format!("{shown} was not allowed."),
    };
    Ok(Report {
        path: shown.to_string(),
        effects: Vec::new(),
        message,
    })
}

fn list(is_json: bool) -> Result<()> {
    #[derive(Serialize)]
    struct List {
        files: Vec<String>,
    }

    let files = trust::list()?;
    if is_json {
        return output::action("listed", &List { files });
    }
    output::lines(&files)
}
