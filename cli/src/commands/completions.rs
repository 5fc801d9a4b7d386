//! `podslate completions`: prints the completions for a shell.

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::error::Result;
use crate::output;

pub fn run(args: &Completions) -> Result<()> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::script(String::from_utf8_lossy(&script).trim_end())
}
