//! The command line: what a person types, and the environment variables that say the same.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::bring;

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
    /// Create or complete the project that PROJECT_NAME names, and nothing else: for pods with a
    /// start script of their own. No file that exists is touched.
    Init {
        /// Take the name from PROJECT_NAME.
        #[arg(long, required = true)]
        from_env: bool,
        #[command(flatten)]
        workspace: Workspace,
    },
    /// Create a project: on the pod that runs, on a pod that is started for it, or on this machine.
    New(New),
    /// List the projects.
    List {
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        pod: PodArgs,
    },
    /// Rename a project.
    Rename {
        /// The name until now.
        old: String,
        /// The name from now on.
        new: String,
        #[command(flatten)]
        workspace: Workspace,
        #[command(flatten)]
        pod: PodArgs,
    },
    /// Print the argument with which Docker mounts a project into a pod.
    Mount(bring::Mount),
    /// Upload a project to a storage that speaks S3, such as a network volume of RunPod.
    Push(bring::Push),
    /// Ask the server on this machine whether it works, as the health check of a container.
    Health {
        /// Its port.
        #[arg(long, env = "PODSLATE_PORT", default_value_t = 8080)]
        port: u16,
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

/// How to create a project.
#[derive(Args, Debug)]
pub struct New {
    /// The project's name; asked for if it is missing and there is a terminal.
    pub name: Option<String>,
    #[command(flatten)]
    pub workspace: Workspace,
    #[command(flatten)]
    pub pod: PodArgs,
    /// The way to take, instead of the first that works: the API of a pod that runs, a pod that is
    /// started, or this machine.
    #[arg(long, value_enum)]
    pub via: Option<Via>,
    /// Say what would be done and why, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// If the pod has an untouched default project, rename that one without asking.
    #[arg(long)]
    pub adopt_default: bool,
}

/// A way to a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The HTTP API of a pod that runs.
    Api,
    /// A pod that is started with the project's name.
    Start,
    /// A folder of this machine.
    Local,
}

/// Which pod, besides what `podslate.toml` says.
#[derive(Args, Debug, Default)]
pub struct PodArgs {
    /// The address of the pod, for example `https://<pod>-8080.proxy.runpod.net`.
    #[arg(long, value_name = "URL", env = "PODSLATE_POD", hide_env_values = true)]
    pub pod: Option<String>,
    /// A file with the pod's token, which only you can read; PODSLATE_TOKEN goes before it.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How many seconds a pod may take until it is ready.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
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
    /// Another site whose pages may use the API with the token, for example
    /// `https://example.com`; may be given several times.
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "PODSLATE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub origins: Vec<String>,
    /// A project to create if the workspace has none and PROJECT_NAME is not set.
    #[arg(long, value_name = "NAME", env = "PODSLATE_DEFAULT_PROJECT")]
    pub default_project: Option<String>,
    /// A command to run in the project's folder beside the server, after `--`, with PROJECT_NAME,
    /// PROJECT_ROOT and WORKSPACE set.
    #[arg(last = true, value_name = "COMMAND")]
    pub pipeline: Vec<OsString>,
    /// End with the command, and with its exit code.
    #[arg(
        long,
        requires = "pipeline",
        env = "PODSLATE_EXIT_WITH_PIPELINE",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub exit_with_pipeline: bool,
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
    /// The folder, if it was given.
    pub fn given(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

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
