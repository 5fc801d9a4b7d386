//! What went wrong at the storage, in the project's own terms.

use std::error::Error;

use podslate_shared::{ErrorBody, ErrorCode};

use crate::args::Push;

/// The region of a storage that has none.
const ANY_REGION: &str = "us-east-1";

/// Which storage is meant.
#[derive(Clone, Debug)]
pub struct Where {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The region.
    pub region: String,
}

impl Where {
    /// Reads the arguments.
    ///
    /// # Errors
    /// [`ErrorCode::RequestInvalid`] if they cannot be meant.
    pub fn of(args: &Push) -> Result<Self, ErrorBody> {
        let invalid = |what: String| ErrorBody::new(ErrorCode::RequestInvalid, &what);
        let endpoint = args.endpoint.trim_end_matches('/');
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| endpoint.strip_prefix(scheme))
            .filter(|host| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']));
        let host = host.ok_or_else(|| {
            invalid("`--endpoint` is an address such as `https://s3api-eu-ro-1.runpod.io/`".into())
        })?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if args.bucket.is_empty() || !args.bucket.chars().all(is_plain) {
            let bucket = args.bucket.escape_debug();
            return Err(invalid(format!("`{bucket}` cannot be a bucket's name")));
        }
        let region = args.region.clone().or_else(|| runpod_region(host));
        Ok(Self {
            endpoint: endpoint.to_owned(),
            bucket: args.bucket.clone(),
            region: region.unwrap_or_else(|| ANY_REGION.to_owned()),
        })
    }
}

/// RunPod's data center is its region, and part of the host's name.
fn runpod_region(host: &str) -> Option<String> {
    let center = host.strip_prefix("s3api-")?.strip_suffix(".runpod.io")?;
    Some(center.to_ascii_uppercase())
}

/// An error with its causes.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// The error for a storage's answer or, if there was none, for what the connection said.
///
/// The library tells its errors as text alone: the status after `status code: `, then the body.
pub fn told(text: &str, place: &Where) -> ErrorBody {
    let status = text.split_once("status code: ").map(|(_, rest)| rest);
    let number = status.and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
    let code = between(text, "<Code>", "</Code>").unwrap_or_default();
    let said = [
        code,
        between(text, "<Message>", "</Message>").unwrap_or_default(),
    ];
    let said = said.map(|words| words.replace(char::is_control, " "));
    let about = |words: &str| said.iter().any(|said| said.to_lowercase().contains(words));
    let error = |code, subject: &str| ErrorBody::new(code, subject);
    match (code, number) {
        ("NoSuchBucket", _) => error(ErrorCode::BucketNotFound, &place.bucket),
        (
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "TemporaryRedirect"
            | "IllegalLocationConstraintException",
            _,
        )
        | (_, Some(300..=399)) => error(ErrorCode::RegionWrong, &place.region),
        ("InsufficientStorage" | "QuotaExceeded" | "XMinioStorageFull", _) | (_, Some(507)) => {
            error(ErrorCode::StorageFull, "")
        }
        _ if about("no space left") || about("quota") || about("insufficient storage") => {
            error(ErrorCode::StorageFull, "")
        }
        ("SlowDown" | "TooManyRequests" | "RequestLimitExceeded", _) | (_, Some(429 | 503)) => {
            error(ErrorCode::StorageThrottled, "")
        }
        (code, Some(status @ (401 | 403))) => {
            let answer = if code.is_empty() {
                status.to_string()
            } else {
                code.to_owned()
            };
            error(ErrorCode::StorageDenied, &answer)
        }
        (_, Some(404)) => error(ErrorCode::BucketNotFound, &place.bucket),
        (_, Some(number)) => {
            let answer = format!("{number} {}", said.join(" "));
            error(
                ErrorCode::StorageFailed,
                answer.trim_end().trim_end_matches('.'),
            )
        }
        (_, None) if text.contains("incorrectly configured region") => {
            error(ErrorCode::RegionWrong, &place.region)
        }
        (_, None) if text.contains("HTTP error") || text.contains("error sending request") => {
            error(ErrorCode::EndpointUnreachable, &place.endpoint)
        }
        (_, None) => error(
            ErrorCode::StorageFailed,
            &text.replace(char::is_control, " "),
        ),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the library says of an answer.
    fn answer(status: &str, code: &str, message: &str) -> String {
        format!(
            "Generic S3 error: Error performing PUT http://x/b/k in 1ms - Server returned non-2xx \
             status code: {status}: <?xml version=\"1.0\"?>\n<Error><Code>{code}</Code>\
             <Message>{message}</Message></Error>"
        )
    }

    #[test]
    fn an_answer_is_told_by_what_it_means() {
        let place = Where {
            endpoint: "http://x".to_owned(),
            bucket: "b".to_owned(),
            region: "EU-RO-1".to_owned(),
        };
        use ErrorCode::{
            BucketNotFound, EndpointUnreachable, RegionWrong, StorageDenied, StorageFailed,
            StorageFull, StorageThrottled,
        };
        let malformed = "the region 'us-east-1' is wrong; expecting 'eu-west-1'";
        for (text, expected) in [
            (
                answer("403 Forbidden", "SignatureDoesNotMatch", "…"),
                StorageDenied,
            ),
            (
                answer("403 Forbidden", "RequestTimeTooSkewed", "…"),
                StorageDenied,
            ),
            (answer("401 Unauthorized", "", ""), StorageDenied),
            (answer("404 Not Found", "NoSuchBucket", "…"), BucketNotFound),
            (
                answer("400 Bad Request", "AuthorizationHeaderMalformed", malformed),
                RegionWrong,
            ),
            (
                answer("301 Moved Permanently", "PermanentRedirect", "…"),
                RegionWrong,
            ),
            (
                "Received redirect without LOCATION, this normally indicates an incorrectly \
              configured region"
                    .to_owned(),
                RegionWrong,
            ),
            (answer("507 Insufficient Storage", "", ""), StorageFull),
            (
                answer(
                    "500 Internal Server Error",
                    "InternalError",
                    "write: No space left on device",
                ),
                StorageFull,
            ),
            (answer("403 Forbidden", "QuotaExceeded", "…"), StorageFull),
            (
                answer("403 Forbidden", "AccessDenied", "Disk quota exceeded"),
                StorageFull,
            ),
            (
                answer("503 Service Unavailable", "SlowDown", "…"),
                StorageThrottled,
            ),
            (answer("429 Too Many Requests", "", ""), StorageThrottled),
            (
                answer("500 Internal Server Error", "InternalError", "…"),
                StorageFailed,
            ),
            (
                "HTTP error: error sending request: connection refused".to_owned(),
                EndpointUnreachable,
            ),
        ] {
            assert_eq!(told(&text, &place).code, expected, "{text}");
        }
        let failed = told(
            &answer("500 Internal Server Error", "InternalError", "We erred."),
            &place,
        );
        assert_eq!(
            failed.error,
            "The storage failed: 500 InternalError We erred."
        );
    }

    #[test]
    fn a_region_is_read_from_runpods_endpoints_alone() {
        assert_eq!(
            runpod_region("s3api-eu-ro-1.runpod.io").as_deref(),
            Some("EU-RO-1")
        );
        assert_eq!(runpod_region("s3api-eu-ro-1.runpod.io.example.com"), None);
        assert_eq!(runpod_region("s3.example.com"), None);
    }
}
