//! The project's commands, as `cargo xtask <command>`.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to people"
)]

mod base_image;
mod builder;
mod ci;
mod cluster;
mod debian;
mod dev;
mod files;
mod fingerprint;
mod fuzz;
mod paths;
mod pins;
mod step;
mod system;
mod test;
mod test_deps;
#[cfg(test)]
mod tidy;
mod toolchain;
mod tools;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use xshell::cmd;

use crate::builder::{Builder, RELEASE};
use crate::paths::Paths;
use crate::system::{PYTHON, STRACE};

const ENVIRONMENT: &str = "\
Environment:
  PODSLATE_CACHE    folder for installed tools (default: podslate in the user's cache folder)
  CARGO_TARGET_DIR  folder for cargo's output (default: target)";

/// The project's commands. Each first installs what it needs, and repeats no work.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = ENVIRONMENT)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    /// Install system packages without asking
    #[arg(long, short, global = true)]
    yes: bool,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and start the server: `podslate serve ARGS`
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Run all tests, or those that `cargo test ARGS` selects
    Test {
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
        #[arg(last = true)]
        last: Vec<String>,
    },
    /// Build everything into target/dist, or one part
    Build {
        #[arg(value_parser = ["worker", "page"])]
        part: Option<String>,
    },
    /// Measure times and sizes against budgets and Python; `bench -- --help` lists the options
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Kill, starve and race the programs, and cut their power, in every way
    Faults {
        /// Only the groups whose name has this word: race, mixed, interference, listing, reaper,
        /// environment, power, deadline, load, openapi, secrets, special, kill, error
        group: Option<String>,
    },
    /// Feed random bytes to everything that parses input
    Fuzz(fuzz::Options),
    /// Check format, lints, documentation, dependencies and tests, as for every change
    Ci,
    /// Serve the page at http://127.0.0.1:8081 and rebuild what is edited
    Dev,
    /// Build a Kubernetes cluster of one node for the tests, once, from Debian's packages
    Cluster,
    /// Only install what the builds need, or what the tests need as well
    Setup {
        #[arg(value_parser = ["tests"])]
        scope: Option<String>,
    },
}

fn main() -> ExitCode {
    if let Err(error) = run(Cli::parse()) {
        eprintln!("error: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(cli: Cli) -> Result<()> {
    let Some(task) = cli.task else {
        return Ok(Cli::command().print_help()?);
    };
    let paths = &Paths::find(cli.yes)?;
    match task {
        Task::Run { args } => serve(paths, &args)?,
        Task::Test { mut args, last } => {
            if !last.is_empty() {
                args = [args, vec!["--".into()], last].concat();
            }
            test::run(paths, &args)?;
        }
        Task::Build { part } => match part.as_deref() {
            Some("worker") => Builder::set_up(paths)?.worker(&RELEASE)?,
            Some(_) => Builder::set_up(paths)?.page()?,
            None => println!("{}", Builder::set_up(paths)?.program()?.display()),
        },
        Task::Bench { args } => bench(paths, &args)?,
        Task::Faults { group } => test::faults(paths, group.as_deref())?,
        Task::Fuzz(options) => fuzz::run(paths, &options)?,
        Task::Ci => ci::run(paths)?,
        Task::Dev => dev::run(paths)?,
        Task::Cluster => println!("{}", cluster::set_up(paths)?.display()),
        Task::Setup { scope: None } => drop(Builder::set_up(paths)?),
        Task::Setup { scope: Some(_) } => drop(test_deps::set_up(paths)?),
    }
    Ok(())
}

/// Starts the server, which on Unix replaces this process, so that signals reach it.
fn serve(paths: &Paths, args: &[OsString]) -> Result<()> {
    let mut command = Command::new(Builder::set_up(paths)?.program()?);
    command.arg("serve").args(args);
    #[cfg(unix)]
    return Err(std::os::unix::process::CommandExt::exec(&mut command).into());
    #[cfg(not(unix))]
    std::process::exit(command.status()?.code().unwrap_or(1));
}

/// Builds what is measured, unless `args` name a program, and measures it.
fn bench(paths: &Paths, args: &[String]) -> Result<()> {
    if !args.iter().any(|arg| arg.starts_with("--program")) {
        Builder::with(paths, &[], &[&PYTHON, &STRACE])?.program()?;
    }
    let crates = ["-p", "podslate-bench", "-p", "podslate-slowfs"];
    let build = cmd!(paths.host, "cargo build --release {crates...}");
    step::run(paths, "Build the benchmark", step::FIX_CODE, build)?;
    let packages = include_str!("../../bench/python/requirements.txt");
    let python = test_deps::environment(paths, &packages.trim().replace('\n', " "))?;
    let bench = paths.built("release", "podslate-bench");
    let bench = cmd!(paths.host, "{bench} --python {python} {args...}");
    step::show("benchmark", bench)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Option<Cli> {
        Cli::try_parse_from(words.split(' ')).ok()
    }

    #[test]
    fn yes_is_an_option_of_every_command_and_other_words_are_passed_on() {
        for command in ["run", "test", "build page", "setup tests", "ci", "faults"] {
            assert!(parse(&format!("xtask {command} --yes")).unwrap().yes);
            assert!(!parse(&format!("xtask {command}")).unwrap().yes);
        }
        let passed = |words| match parse(words).unwrap().task {
            Some(Task::Run { args }) => args.join(" ".as_ref()).into_string().unwrap(),
            Some(Task::Test { args, last }) => [args, last].concat().join(" "),
            _ => panic!("{words}"),
        };
        assert_eq!(passed("xtask run -- --yes -- x"), "--yes -- x");
        assert_eq!(passed("xtask run --port 9 -- x"), "--port 9 -- x");
        assert_eq!(passed("xtask test -p x -- --list"), "-p x -- --list");
        assert_eq!(passed("xtask test -- --list"), "--list");
        for wrong in ["bild", "build paeg", "faults race kill", "setup test"] {
            assert!(parse(&format!("xtask {wrong}")).is_none());
        }
    }
}
