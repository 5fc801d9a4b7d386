//! `podslate init`: creates or completes the project in `PROJECT_NAME`.

use podslate_shared::former::followed;

use crate::args::Init;
use crate::error::{Error, Result};
use crate::{env_vars, output, workspace};

pub fn run(args: &Init, is_json: bool) -> Result<()> {
    let Some(name) = workspace::project_from_env()? else {
        let reason = format!("`{}` is not set", env_vars::PROJECT_NAME);
        return Err(Error::invalid(reason));
    };
    let workspace = workspace::open_or_create(&args.workspace.path())?;
    let name = match workspace.former(name.as_str())? {
        None => name,
        Some(new_name) => {
            let project = new_name
                .as_project()
                .ok_or_else(|| podslate_shared::Error::Renamed {
                    name: name.to_string(),
                    new_name: new_name.clone(),
                })?;
            output::warning(&followed(name.as_str(), project.as_str()));
            project
        }
    };
    output::done(&workspace.complete(&name)?, is_json)
}
