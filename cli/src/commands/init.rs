//! `podslate init`: creates or completes the project in `PROJECT_NAME`.

use crate::args::Init;
use crate::error::{Error, Result};
use crate::{env_vars, output, workspace};

pub fn run(args: &Init, is_json: bool) -> Result<()> {
    let Some(name) = workspace::project_from_env()? else {
        let reason = format!("`{}` is not set", env_vars::PROJECT_NAME);
        return Err(Error::invalid(reason));
    };
    let workspace = workspace::open_or_create(&args.workspace.path())?;
    output::done(&workspace.complete(&name)?, is_json)
}
