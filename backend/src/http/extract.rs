//! Parts of a request: the JSON body, the query, and the text or project name in the path.

use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{self, FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use podslate_shared::{Error, FolderName};
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::limits::BODY_SIZE;

/// JSON object in the body.
pub struct JsonBody<T>(pub T);

/// Query of the address.
pub struct Query<T>(pub T);

/// Any text in the path.
pub struct TextPath(pub String);

/// Name of a listed folder in the path.
pub struct ProjectPath(pub FolderName);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        // Forms of other sites cannot send this type, which is part of the protection from them.
        if !is_json(request.headers()) {
            return Err(Error::UnsupportedMediaType.into());
        }
        // A body that is declared too large is not waited for.
        if request.body().size_hint().lower() > BODY_SIZE as u64 {
            return Err(Error::BodyTooLarge.into());
        }
        let bytes = body_bytes(request).await?;
        // The parser would also accept an array of the fields' values.
        if matches!(bytes.trim_ascii_start().first(), Some(first) if *first != b'{') {
            return Err(invalid("the body must be a JSON object").into());
        }
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            let text = error.to_string();
            invalid(text.split(" at line ").next().unwrap_or_default())
        });
        Ok(Self(body?))
    }
}

/// Body of a request, as far as it may be long.
pub async fn body_bytes(request: Request) -> Result<Bytes, ApiError> {
    let bytes = Bytes::from_request(request, &()).await;
    bytes.map_err(|rejection| {
        let error = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::BodyTooLarge,
            _ => invalid("the body was not received completely"),
        };
        error.into()
    })
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match extract::Query::from_request_parts(parts, state).await {
            Ok(extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                // Without the introduction of the library.
                let reason = text.split_once(": ").map_or(&*text, |(_, reason)| reason);
                Err(invalid(&format!("the query is not valid ({reason})")).into())
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TextPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => {
                Err(invalid("the name in the address is not valid UTF-8").into())
            }
            Err(_) => Err(Error::Internal.into()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ProjectPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let TextPath(text) = TextPath::from_request_parts(parts, state).await?;
        Ok(Self(text.parse()?))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn invalid(reason: &str) -> Error {
    let reason = reason.to_owned();
    Error::RequestInvalid { reason }
}
