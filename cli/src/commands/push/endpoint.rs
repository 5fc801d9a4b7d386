//! Address of a project's folder in a bucket, from the arguments.

use object_store::path::Path as Key;
use podslate_shared::{Error, ProjectName};

use crate::args::Push;

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
    pub fn new(args: &Push, name: &ProjectName) -> Result<Self, Error> {
        let url = args.endpoint.trim_end_matches('/');
        let host = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
        let example = "`--endpoint` is an address such as `https://s3api-eu-ro-1.runpod.io/`";
        let host = host.filter(is_host).ok_or_else(|| invalid(example))?;
        let bucket = &args.bucket;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if bucket.is_empty() || !bucket.chars().all(is_plain) {
            let bucket = bucket.escape_debug();
            return Err(invalid(format!(
                "`{bucket}` cannot be the name of a bucket"
            )));
        }
        let folder = Key::parse(format!("{}/{name}", args.prefix.trim_matches('/')));
        let region = args.region.clone().or_else(|| runpod_region(host));
        Ok(Self {
            url: url.to_owned(),
            bucket: bucket.clone(),
            region: region.unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            folder: folder.map_err(|_| invalid("`--prefix` cannot be the path of a folder"))?,
        })
    }
}

/// RunPod's region is the data center, which is part of the host name.
fn runpod_region(host: &str) -> Option<String> {
    let center = host.strip_prefix("s3api-")?.strip_suffix(".runpod.io")?;
    Some(center.to_ascii_uppercase())
}

/// Error for an argument that is not valid.
pub fn invalid(reason: impl ToString) -> Error {
    let reason = reason.to_string();
    Error::RequestInvalid { reason }
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
