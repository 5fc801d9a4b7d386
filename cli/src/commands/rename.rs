//! `podslate rename`: gives a project of a workspace or pod another name.

use podslate_shared::{Done, FolderName, ProjectName};

use crate::args::Rename;
use crate::error::Result;
use crate::runtime::block_on;
use crate::target::{Target, without_pod};
use crate::{output, pods, workspace};

pub fn run(args: &Rename, is_json: bool) -> Result<()> {
    let old = FolderName::parse(&args.old)?;
    let new = ProjectName::parse(&args.new)?;
    match Target::resolve(&args.pod, &args.workspace, args.via)? {
        Target::Local(path) => {
            let renamed = workspace::open(&path)?.rename(&old, &new)?;
            output::done(&Done::Renamed(renamed), is_json)
        }
        Target::Pod(settings, dir) => {
            let change = async { pods::connect(&settings).await?.rename(&old, &new).await };
            let change = block_on(change).map_err(|error| without_pod(error, &dir))?;
            if is_json {
                return output::action("renamed", &change);
            }
            output::result(&change.message)
        }
    }
}
