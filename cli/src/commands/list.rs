//! `podslate list`: the projects of a workspace or pod.

use podslate_shared::Done;

use crate::args::List;
use crate::error::Result;
use crate::runtime::block_on;
use crate::target::Target;
use crate::{output, pods, workspace};

pub fn run(args: &List, is_json: bool) -> Result<()> {
    let projects = match Target::resolve(&args.pod, &args.workspace)? {
        Target::Local(path) => workspace::open(&path)?.names()?,
        Target::Pod(settings) => block_on(async { pods::connect(&settings).await?.names().await })?,
    };
    output::done(&Done::Listed(projects.into()), is_json)
}
