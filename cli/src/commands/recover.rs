//! `podslate recover`: repairs or cleans up after interrupted operations.

use podslate_shared::Done;

use crate::args::Recover;
use crate::error::Result;
use crate::{output, workspace};

pub fn run(args: &Recover, is_json: bool) -> Result<()> {
    let recovered = workspace::open(&args.workspace.path())?.recover()?;
    output::done(&Done::Recovered(recovered), is_json)
}
