//! What a settings file has podslate do, for the person who decides whether it may.

use super::source::Source;
use super::{ProviderSettings, provider};
use crate::env_vars;

/// A sentence for each effect of the file.
pub fn lines(source: &Source) -> Vec<String> {
    let file = &source.file;
    let mut lines = Vec::new();
    lines.extend(owner(source));
    if let Some(url) = &file.url {
        lines.push(format!("It sends requests to the pod at {url}."));
    }
    match provider(file) {
        Some(ProviderSettings::Docker(docker)) => {
            lines.push(format!(
                "It starts pods of the image `{}` with Docker on this machine.",
                docker.image
            ));
            let workspace = docker.workspace.map(|dir| format!("`{}`", dir.display()));
            let workspace = workspace.as_deref().unwrap_or("the workspace");
            lines.push(format!("It lets these pods read and change {workspace}."));
        }
        Some(ProviderSettings::RunPod(runpod)) => {
            lines.push(format!(
                "It rents pods of the image `{}` from RunPod.",
                runpod.image
            ));
            let key = runpod
                .api_key_file
                .map(|file| format!("`{}`", file.display()));
            let key = key.unwrap_or_else(|| format!("`{}`", env_vars::RUNPOD_API_KEY));
            lines.push(format!("It uses the key in {key} at RunPod."));
        }
        Some(ProviderSettings::Kubernetes(kubernetes)) => {
            let part = |name: &str, value: Option<&String>| {
                value.map_or_else(
                    || format!("the {name} of"),
                    |value| format!("the {name} `{value}` of"),
                )
            };
            lines.push(format!(
                "It starts pods of the image `{}` in {} {} your kubeconfig, with your rights there.",
                kubernetes.image,
                part("namespace", kubernetes.namespace.as_ref()),
                part("context", kubernetes.context.as_ref()),
            ));
        }
        None => {}
    }
    let token_file = file.token_file.as_ref();
    let token_file = token_file.map(|file| format!("the token in `{}`", file.display()));
    let variable = || format!("a token in `{}`", env_vars::TOKEN);
    if file.url.is_some() || provider(file).is_some() {
        let token = token_file.unwrap_or_else(variable);
        lines.push(format!("It sends {token} to these pods."));
    }
    if lines.is_empty() {
        lines.push("It sets time limits only.".to_owned());
    }
    lines
}

/// Sentence about a file that belongs to another user.
#[cfg(unix)]
fn owner(source: &Source) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let own = rustix::process::geteuid().as_raw();
    let owner = source.metadata.uid();
    (owner != own).then(|| format!("It belongs to another user, number {owner}."))
}

#[cfg(not(unix))]
fn owner(_: &Source) -> Option<String> {
    None
}
