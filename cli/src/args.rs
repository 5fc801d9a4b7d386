//! The command line: commands, their arguments, and the environment variables that set them.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::quote::Shell;
use crate::{defaults, env_vars};

/// Creates the standard folders and configuration of a 3D project, on a GPU pod or on your
/// workstation.
#[derive(Debug, Parser)]
#[command(name = "podslate", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 done, 1 refused, 2 failed.")]
pub struct Cli {
    /// Print one JSON object instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "each variant is named after its arguments")]
pub enum Command {
    Serve(Serve),
    Init(Init),
    New(New),
    List(List),
    Rename(Rename),
    Pods(Pods),
    Stop(Stop),
    Logs(Logs),
    Mount(Mount),
    Push(Push),
    Health(Health),
    Recover(Recover),
    Trust(Trust),
    Completions(Completions),
}

/// Folder that holds the projects.
#[derive(Args, Debug)]
pub struct WorkspaceArgs {
    /// Folder that holds the projects [default: /workspace if it exists, otherwise ./workspace].
    #[arg(long = "workspace", value_name = "DIR", env = env_vars::WORKSPACE)]
    dir: Option<PathBuf>,
}

impl WorkspaceArgs {
    /// The folder, if it was given.
    pub fn given(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The folder that was given, or the default.
    pub fn path(&self) -> PathBuf {
        let pod = Path::new(defaults::POD_WORKSPACE);
        let default = if podslate_disk::is_named_folder(pod) {
            pod
        } else {
            Path::new("workspace")
        };
        self.given().unwrap_or(default).to_owned()
    }
}

/// Pod that a command works on; takes precedence over `podslate.toml`.
#[derive(Args, Debug, Default)]
pub struct PodArgs {
    /// Address of the pod, for example `https://<pod>-8080.proxy.runpod.net`.
    #[arg(long, value_name = "URL", env = env_vars::POD, hide_env_values = true)]
    pub pod: Option<String>,
    /// File that holds the pod's token and that only you can read. `PODSLATE_TOKEN` takes
    /// precedence.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Settings file to use [default: `podslate.toml` in the current folder once you have allowed it
    /// with `podslate trust`, otherwise the one in your folder of settings].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Maximum time until a pod is ready, in seconds.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
}

impl PodArgs {
    /// Address of the pod, if it was given.
    pub fn given_pod(&self) -> Option<&str> {
        self.pod.as_deref().filter(|url| !url.is_empty())
    }
}

/// Serve the page and the API of a workspace.
#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    /// Address to listen on. No token is required on 127.0.0.1, the default. Any address that other
    /// machines can reach requires one: it is read from `PODSLATE_TOKEN`, or created and printed at
    /// the start.
    #[arg(long, env = env_vars::HOST, default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one.
    #[arg(long, env = env_vars::PORT, default_value_t = defaults::PORT)]
    pub port: u16,
    /// Host name under which browsers reach the server, if it is not the machine's own. May be
    /// given several times.
    #[arg(
        long = "public-host",
        value_name = "NAME",
        env = env_vars::PUBLIC_HOST,
        value_delimiter = ','
    )]
    pub public_hosts: Vec<String>,
    /// Another site whose pages may use the API with the token, for example
    /// `https://example.com`. May be given several times.
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = env_vars::ALLOW_ORIGIN,
        value_delimiter = ','
    )]
    pub origins: Vec<String>,
    /// Project to create if the workspace has none and `PROJECT_NAME` is not set.
    #[arg(long, value_name = "NAME", env = env_vars::DEFAULT_PROJECT)]
    pub default_project: Option<String>,
    /// Pipeline command to run beside the server, after `--`. It runs in the project's folder, with
    /// `PROJECT_NAME`, `PROJECT_ROOT` and `WORKSPACE` set.
    #[arg(last = true, value_name = "COMMAND")]
    pub pipeline: Vec<OsString>,
    /// End with the pipeline command, and with its exit code.
    #[arg(
        long,
        requires = "pipeline",
        env = env_vars::EXIT_WITH_PIPELINE,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub exit_with_pipeline: bool,
    /// Compare the times of folders to find changes by other programs, even where the operating
    /// system would report them.
    #[arg(
        long,
        env = env_vars::NO_WATCH,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub no_watch: bool,
    /// Format of the log.
    #[arg(long, env = env_vars::LOG_FORMAT, value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// Format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Human,
    /// One JSON object per line.
    Json,
}

/// Create or complete the project in `PROJECT_NAME`, and nothing else: for pods with a start
/// script of their own. Existing files are not changed.
#[derive(Args, Debug)]
pub struct Init {
    /// Read the name from `PROJECT_NAME`.
    #[arg(long, required = true)]
    pub from_env: bool,
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
}

/// Create a project: on a running pod, on a pod that is started for it, or on this machine.
#[derive(Args, Debug)]
pub struct New {
    /// Name of the project [default: asks for it, on a terminal].
    pub name: Option<String>,
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    #[command(flatten)]
    pub pod: PodArgs,
    /// Where to create the project [default: first available].
    #[arg(long, value_enum)]
    pub via: Option<Via>,
    /// Print what would be done and why, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// If the pod has a pristine default project, rename it without asking.
    #[arg(long)]
    pub adopt_default: bool,
}

/// Where to create a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// On a running pod, by its HTTP API.
    Api,
    /// On a pod that is started with the project's name.
    Start,
    /// In a folder of this machine.
    Local,
}

/// Where the projects are that a command works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On a running pod, by its HTTP API.
    Api,
    /// In a folder of this machine: the one in which `new` creates projects without a pod.
    Local,
}

/// List the projects. If no pod can be reached, those on this machine are listed.
#[derive(Args, Debug)]
pub struct List {
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    #[command(flatten)]
    pub pod: PodArgs,
    /// Where the projects are [default: on the pod, if one is configured].
    #[arg(long, value_enum)]
    pub via: Option<Place>,
}

/// Rename a project.
#[derive(Args, Debug)]
pub struct Rename {
    /// Current name.
    pub old: String,
    /// New name.
    pub new: String,
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    #[command(flatten)]
    pub pod: PodArgs,
    /// Where the project is [default: on the pod, if one is configured].
    #[arg(long, value_enum)]
    pub via: Option<Place>,
}

/// Provider of the pods that a command works on.
#[derive(Args, Debug)]
pub struct ProviderArgs {
    /// File that holds the pods' token and that only you can read. `PODSLATE_TOKEN` takes
    /// precedence.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Settings file to use [default: `podslate.toml` in the current folder once you have allowed it
    /// with `podslate trust`, otherwise the one in your folder of settings].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ProviderArgs {
    /// The same without a pod of its own.
    pub fn as_pod_args(&self) -> PodArgs {
        PodArgs {
            token_file: self.token_file.clone(),
            config: self.config.clone(),
            ..PodArgs::default()
        }
    }
}

/// List the pods that podslate started: their names, projects, states, ages and addresses.
#[derive(Args, Debug)]
pub struct Pods {
    #[command(flatten)]
    pub provider: ProviderArgs,
}

/// Stop a pod that podslate started. Its projects stay, and `podslate new` starts it again.
#[derive(Args, Debug)]
pub struct Stop {
    /// The pod or its project, as `podslate pods` prints them [default: the only pod that has not
    /// stopped].
    pub name: Option<String>,
    #[command(flatten)]
    pub provider: ProviderArgs,
}

/// Print the last lines of the log of a pod that podslate started.
#[derive(Args, Debug)]
pub struct Logs {
    /// The pod or its project, as `podslate pods` prints them [default: the only pod that has not
    /// stopped].
    pub name: Option<String>,
    /// Maximum number of lines.
    #[arg(long, value_name = "LINES", default_value_t = 100)]
    pub tail: usize,
    #[command(flatten)]
    pub provider: ProviderArgs,
}

/// Print the argument with which Docker mounts a project into a pod.
#[derive(Args, Debug)]
pub struct Mount {
    /// Name of the project.
    pub name: String,
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    /// Path of the workspace on the machine that runs Docker, if it differs from the path here, for
    /// example `E:\3D_AI_Inputs`.
    #[arg(long, value_name = "PATH")]
    pub host_path: Option<String>,
    /// Folder of the projects on the pod.
    #[arg(long, value_name = "DIR", default_value = defaults::POD_WORKSPACE)]
    pub target: String,
    /// Let the pod read the project, but not change it.
    #[arg(long)]
    pub read_only: bool,
    /// Shell that the argument is quoted for.
    #[arg(long, value_enum, default_value_t)]
    pub shell: Shell,
}

/// Upload a project to S3-compatible storage, such as a network volume of RunPod.
///
/// The key is read from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (and `AWS_SESSION_TOKEN`),
/// or from a file; never from the command line, which other users of the machine can see.
#[derive(Args, Debug)]
pub struct Push {
    /// Name of the project.
    pub name: String,
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
    /// Address of the storage, for example `https://s3api-eu-ro-1.runpod.io/`.
    #[arg(long, value_name = "URL", env = env_vars::S3_ENDPOINT)]
    pub endpoint: String,
    /// Bucket; at RunPod, the ID of the network volume.
    #[arg(long, value_name = "ID", env = env_vars::S3_BUCKET)]
    pub bucket: String,
    /// Region; at RunPod, the data center [default: from the endpoint of RunPod].
    #[arg(long, value_name = "REGION", env = env_vars::S3_REGION)]
    pub region: Option<String>,
    /// Folder of the bucket to put the project's folder into.
    #[arg(long, value_name = "DIR", env = env_vars::S3_PREFIX, default_value = "")]
    pub prefix: String,
    /// File with the key, in the format of `~/.aws/credentials`, that only you should be able to
    /// read [default: `AWS_SHARED_CREDENTIALS_FILE`, then `~/.aws/credentials`].
    #[arg(long, value_name = "FILE", env = env_vars::S3_CREDENTIALS)]
    pub credentials: Option<PathBuf>,
    /// Replace files that are newer on the volume than here.
    #[arg(long)]
    pub overwrite: bool,
    /// Print what would be sent, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Check that the server on this machine works, as the health check of a container.
#[derive(Args, Debug)]
pub struct Health {
    /// Port of the server.
    #[arg(long, env = env_vars::PORT, default_value_t = defaults::PORT)]
    pub port: u16,
}

/// Repair or clean up after interrupted operations; a server does this every hour.
#[derive(Args, Debug)]
pub struct Recover {
    #[command(flatten)]
    pub workspace: WorkspaceArgs,
}

/// Allow the settings file of a folder: `podslate.toml` is used where it is found only after you
/// have allowed it, and again after each change.
#[derive(Args, Debug)]
pub struct Trust {
    /// The file, or its folder [default: the current folder].
    #[arg(conflicts_with = "list")]
    pub file: Option<PathBuf>,
    /// Do not allow the file any more.
    #[arg(long, conflicts_with = "list")]
    pub revoke: bool,
    /// List the files that are allowed.
    #[arg(long)]
    pub list: bool,
}

/// Print the completions for a shell.
#[derive(Args, Debug)]
pub struct Completions {
    /// Shell to print them for.
    pub shell: clap_complete::Shell,
}
