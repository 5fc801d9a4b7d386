//! `podslate rename`: gives a project of a workspace or pod another name.

use podslate_shared::{Done, ProjectName};

use crate::args::Rename;
use crate::error::Error;
use crate::runtime::block_on;
use crate::target::Target;
use crate::{output, pods, workspace};

/// Runs the command.
pub fn run(args: &Rename, is_json: bool) -> Result<(), Error> {
    let old = ProjectName::parse(&args.old)?;
    let new = ProjectName::parse(&args.new)?;
    let renamed = match Target::resolve(&args.pod, &args.workspace)? {
        Target::Local(path) => workspace::open(&path)?.rename(&old, &new)?,
        Target::Pod(settings) => {
            block_on(async { pods::connect(&settings).await?.rename(&old, &new).await })?
        }
    };
    output::done(&Done::Renamed(renamed), is_json)
}
