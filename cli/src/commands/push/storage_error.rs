//! Errors of the storage, by their meaning for a project.
//!
//! `object_store` keeps the type with the response's status and body to itself, so both are read
//! from the error's text: the status after `status code: `, then the body.

use object_store::client::HttpError;

use super::endpoint::Endpoint;
use crate::error::Error;
use crate::{error_chain, text};

/// Explains an error of the storage.
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

#[cfg(test)]
mod tests {
    use std::io;

    use object_store::client::HttpErrorKind;

    use super::*;

    fn explained(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let (store, source) = ("S3", source.into());
        explain(
            &object_store::Error::Generic { store, source },
            &Endpoint::default(),
        )
    }

    /// Text of the library for a response.
    fn response(status: u16, code: &str, message: &str) -> String {
        format!(
            "Error performing PUT http://x/b/k in 1ms - Server returned non-2xx status code: \
             {status}: <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        )
    }

    #[test]
    fn an_error_is_explained_by_its_meaning() {
        for (status, code, message, expected) in [
            (403, "SignatureDoesNotMatch", "…", "storage_denied"),
            (403, "RequestTimeTooSkewed", "…", "storage_denied"),
            (401, "", "", "storage_denied"),
            (404, "NoSuchBucket", "…", "bucket_not_found"),
            (404, "", "", "bucket_not_found"),
            (400, "AuthorizationHeaderMalformed", "…", "region_wrong"),
            (301, "PermanentRedirect", "…", "region_wrong"),
            (507, "", "", "storage_full"),
            (
                500,
                "InternalError",
                "No space left on device",
                "storage_full",
            ),
            (403, "QuotaExceeded", "…", "storage_full"),
            (403, "AccessDenied", "Disk quota exceeded", "storage_full"),
            (503, "SlowDown", "…", "storage_throttled"),
            (429, "", "", "storage_throttled"),
            (500, "InternalError", "…", "storage_failed"),
        ] {
            let error = explained(response(status, code, message));
            assert_eq!(error.code(), expected, "{status} {code} {message}");
        }
        let failed = explained(response(500, "InternalError", "We erred.")).to_string();
        assert_eq!(failed, "The storage failed: 500 InternalError We erred.");
        let redirect = "Received redirect without LOCATION, this normally indicates an \
                        incorrectly configured region";
        assert_eq!(explained(redirect).code(), "region_wrong");
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let refused = explained(HttpError::new(HttpErrorKind::Connect, refused));
        assert_eq!(refused.code(), "endpoint_unreachable");
    }
}
