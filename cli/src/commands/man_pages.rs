//! `podslate man-pages`: writes the manual pages into a folder.

use std::io;

use clap::CommandFactory;

use crate::args::{Cli, ManPages};
use crate::error::{Error, Result};

pub fn run(args: &ManPages) -> Result<()> {
    let failed = |error: io::Error| Error::OutputFailed { kind: error.kind() };
    clap_mangen::generate_to(Cli::command(), &args.dir).map_err(failed)
}
