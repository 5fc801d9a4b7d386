//! The command line: what a person types, and the environment variables that say the same.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Names a 3D project once and gives it its folders where they are needed.
#[derive(Debug, Parser)]
#[command(name = "podslate", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 refused, 2 failed.")]
pub struct Cli {
    /// Answer with one JSON object instead of sentences.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the page and the API for a workspace.
    Serve(Serve),
    /// Create a project.
    New {
        /// The project's name.
        name: String,
        #[command(flatten)]
        workspace: Workspace,
    },
    /// List the projects.
    List {
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Rename a project.
    Rename {
        /// The name until now.
        old: String,
        /// The name from now on.
        new: String,
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Bring to its end what interrupted work left behind; a server does this every hour.
    Recover {
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Print the completions of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// The folder that holds the projects.
#[derive(Args, Debug)]
pub struct Workspace {
    /// The folder that holds the projects; made if it is missing [default: /workspace if it
    /// exists, otherwise ./workspace].
    #[arg(long = "workspace", value_name = "DIR", env = "PODSLATE_WORKSPACE")]
    dir: Option<PathBuf>,
}

/// How to serve.
#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    pub workspace: Workspace,
    /// The address to listen on. Any but a loopback address needs a token: it is read from
    /// PODSLATE_TOKEN, or made and printed at the start.
    #[arg(long, env = "PODSLATE_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, env = "PODSLATE_PORT", default_value_t = 8080)]
    pub port: u16,
    /// A host name under which browsers reach the server, if it is not this machine's own; may be
    /// given several times.
    #[arg(
        long = "public-host",
        value_name = "NAME",
        env = "PODSLATE_PUBLIC_HOST",
        value_delimiter = ','
    )]
    pub public_hosts: Vec<String>,
    /// How to write the log.
    #[arg(long, env = "PODSLATE_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

impl Workspace {
    /// The folder as given, or the default one.
    pub fn path(&self) -> PathBuf {
        let default = || {
            let pod = PathBuf::from("/workspace");
            if pod.is_dir() {
                pod
            } else {
                PathBuf::from("workspace")
            }
        };
        self.dir.clone().unwrap_or_else(default)
    }
}
