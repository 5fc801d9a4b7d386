//! Address of a project's folder in a bucket, and the errors of its storage.

use object_store::client::HttpError;
use object_store::path::Path as Key;
use podslate_shared::FolderName;

use super::transport::TooLarge;
use crate::args::Push;
use crate::error::{Error, Result};
use crate::{error_chain, text};

/// Region of a storage that has none.
const DEFAULT_REGION: &str = "us-east-1";

#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Address of the storage, without a slash at the end.
    pub url: String,
    pub bucket: String,
    pub region: String,
    pub folder: Key,
}

impl Endpoint {
    pub fn new(args: &Push, name: &FolderName) -> Result<Self> {
        let url = args.endpoint.trim_end_matches('/');
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
        let example = "`--endpoint` is an address such as `https://s3api-eu-ro-1.runpod.io/`";
        let host = host
            .filter(is_host)
            .ok_or_else(|| Error::invalid(example))?;
        let bucket = &args.bucket;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            let reason = format!("`{}` cannot be the name of a bucket", bucket.escape_debug());
            return Err(Error::invalid(reason));
        }
        let folder = Key::parse(format!("{}/{name}", args.prefix.trim_matches('/')));
        let region = args.region.clone().or_else(|| runpod_region(host));
        Ok(Self {
            url: url.to_owned(),
            bucket: bucket.clone(),
            region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            folder: folder
                .map_err(|_| Error::invalid("`--prefix` cannot be the path of a folder"))?,
        })
    }

    /// Error of the storage, by its meaning for a project.
    ///
    /// `object_store` keeps the type with the response's status and body to itself, so both are
    /// read from the error's text: the status after `status code: `, then the body.
    pub fn explain(&self, error: &object_store::Error) -> Error {
        if let Some(too_large) = error_chain::find::<TooLarge>(error) {
            let reason = too_large.to_string();
            return Error::StorageFailed { reason };
        }
        if error_chain::find::<HttpError>(error).is_some() {
            let endpoint = self.url.clone();
            return Error::EndpointUnreachable { endpoint };
        }
        let error = error.to_string();
        let status = error.split_once("status code: ").map(|(_, rest)| rest);
        let status = status.and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
        let code = between(&error, "<Code>", "</Code>").unwrap_or_default();
        let message = between(&error, "<Message>", "</Message>").unwrap_or_default();
        let words = format!("{code} {message}").to_lowercase();
        let is_full = ["no space left", "quota", "insufficient storage"];
        let is_elsewhere = error.contains("incorrectly configured region");
        let (bucket, region) = (self.bucket.clone(), self.region.clone());
        match (code, status) {
            ("NoSuchBucket", _) => Error::BucketNotFound { bucket },
            ("AuthorizationHeaderMalformed" | "IllegalLocationConstraintException", _)
            | ("PermanentRedirect" | "TemporaryRedirect", _)
            | (_, Some(300..=399)) => Error::RegionWrong { region },
            ("InsufficientStorage" | "XMinioStorageFull", _) | (_, Some(507)) => Error::StorageFull,
            _ if is_full.iter().any(|phrase| words.contains(phrase)) => Error::StorageFull,
            ("SlowDown" | "TooManyRequests" | "RequestLimitExceeded", _) | (_, Some(429 | 503)) => {
                Error::StorageThrottled
            }
            (code, Some(status @ (401 | 403))) => {
                let status = status.to_string();
                let reason = text::clean(if code.is_empty() { &status } else { code });
                Error::StorageDenied { reason }
            }
            (_, Some(404)) => Error::BucketNotFound { bucket },
            (_, None) if is_elsewhere => Error::RegionWrong { region },
            (_, status) => {
                let response = status.map(|status| format!("{status} {code} {message}"));
                let reason = text::clause(&response.unwrap_or(error));
                Error::StorageFailed { reason }
            }
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

/// RunPod's region is the data center, which is part of the host name.
fn runpod_region(host: &str) -> Option<String> {
    let center = host.strip_prefix("s3api-")?.strip_suffix(".runpod.io")?;
    Some(center.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_read_from_runpods_endpoints_alone() {
        let region = runpod_region("s3api-eu-ro-1.runpod.io");
        assert_eq!(region.as_deref(), Some("EU-RO-1"));
        for host in ["s3api-eu-ro-1.runpod.io.example.com", "s3.example.com"] {
            assert_eq!(runpod_region(host), None);
        }
    }
}
