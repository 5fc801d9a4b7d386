//! What a person types for these commands.

use std::path::PathBuf;

use clap::Args;

use crate::args::Workspace;
use crate::quote::Shell;

/// How to mount a project.
#[derive(Args, Debug)]
pub struct Mount {
    /// The project's name.
    pub name: String,
    #[command(flatten)]
    pub workspace: Workspace,
    /// The workspace as the machine that runs Docker calls it, if that is another machine or
    /// another path, for example `E:\3D_AI_Inputs`.
    #[arg(long, value_name = "PATH")]
    pub host_path: Option<String>,
    /// The pod's folder of projects.
    #[arg(long, value_name = "DIR", default_value = super::POD_WORKSPACE)]
    pub target: String,
    /// The pod may read the project, not change it.
    #[arg(long)]
    pub read_only: bool,
    /// The shell that the argument is for.
    #[arg(long, value_enum, default_value_t)]
    pub shell: Shell,
}

/// How to upload a project.
///
/// The key is read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or
/// from a file; never from the command line, which other users of the machine can see.
#[derive(Args, Debug)]
pub struct Push {
    /// The project's name.
    pub name: String,
    #[command(flatten)]
    pub workspace: Workspace,
    /// Where the storage is, for example `https://s3api-eu-ro-1.runpod.io/`.
    #[arg(long, value_name = "URL", env = "PODSLATE_S3_ENDPOINT")]
    pub endpoint: String,
    /// The bucket; at RunPod the ID of the network volume.
    #[arg(long, value_name = "ID", env = "PODSLATE_S3_BUCKET")]
    pub bucket: String,
    /// The region; at RunPod the data center, which is read from the endpoint if it is not given.
    #[arg(long, value_name = "REGION", env = "PODSLATE_S3_REGION")]
    pub region: Option<String>,
    /// A folder of the bucket that the project's folder is put into.
    #[arg(
        long,
        value_name = "DIR",
        env = "PODSLATE_S3_PREFIX",
        default_value = ""
    )]
    pub prefix: String,
    /// A file with the key, in the form of `~/.aws/credentials`, which only its owner may read
    /// [default: AWS_SHARED_CREDENTIALS_FILE, then `~/.aws/credentials`].
    #[arg(long, value_name = "FILE", env = "PODSLATE_S3_CREDENTIALS")]
    pub credentials: Option<PathBuf>,
    /// Replace files that are newer on the volume than here.
    #[arg(long)]
    pub overwrite: bool,
    /// Say what would be sent, and send nothing.
    #[arg(long)]
    pub dry_run: bool,
}
