//! Errors of the storage, by their meaning for a project.
//!
//! `object_store` keeps the type with the response's status and body to itself, so both are read
//! from the error's text: the status after `status code: `, then the body.

use object_store::client::HttpError;

use super::endpoint::Endpoint;
use crate::error::Error;
use crate::{error_chain, text};

pub fn explain(error: &object_store::Error, endpoint: &Endpoint) -> Error {
    if error_chain::find::<HttpError>(error).is_some() {
        let endpoint = endpoint.url.clone();
        return Error::EndpointUnreachable { endpoint };
    }
    explain_response(&error.to_string(), endpoint)
}

fn explain_response(error: &str, endpoint: &Endpoint) -> Error {
    let status = error.split_once("status code: ").map(|(_, rest)| rest);
    let status = status.and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
    let code = between(error, "<Code>", "</Code>").unwrap_or_default();
    let message = between(error, "<Message>", "</Message>").unwrap_or_default();
    let words = format!("{code} {message}").to_lowercase();
    let is_full = ["no space left", "quota", "insufficient storage"];
    let (bucket, region) = (endpoint.bucket.clone(), endpoint.region.clone());
    let denied = |reason| Error::StorageDenied {
        reason: text::clean(reason),
    };
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
        ("", Some(status @ (401 | 403))) => denied(&status.to_string()),
        (code, Some(401 | 403)) => denied(code),
        (_, Some(404)) => Error::BucketNotFound { bucket },
        (_, None) if error.contains("incorrectly configured region") => {
            Error::RegionWrong { region }
        }
        (_, status) => {
            let response = status.map(|status| format!("{status} {code} {message}"));
            let reason = text::clean(response.as_deref().unwrap_or(error));
            let reason = reason.trim_end_matches('.').to_owned();
            Error::StorageFailed { reason }
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}
