//! The API's description: the errors of each operation, and what all operations share.

use std::collections::BTreeMap;

use podslate_shared::ErrorCode;
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::error::Failure;

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// Errors of every operation.
const ALL: &[ErrorCode] = &[ErrorCode::Forbidden, ErrorCode::Internal];
/// Errors of an operation that requires the token.
pub const TOKEN: &[ErrorCode] = &[ErrorCode::Unauthorized, ErrorCode::TooManyRequests];
/// Errors of an operation with a body.
pub const BODY: &[ErrorCode] = &[
    ErrorCode::RequestInvalid,
    ErrorCode::BodyTooLarge,
    ErrorCode::UnsupportedMediaType,
];
/// Errors of an operation that reads the workspace.
pub const READ: &[ErrorCode] = &[ErrorCode::WorkspaceUnavailable, ErrorCode::TimedOut];
/// Further errors of an operation that changes the workspace.
pub const WRITE: &[ErrorCode] = &[
    ErrorCode::IoFailed,
    ErrorCode::WorkspaceReadOnly,
    ErrorCode::DiskFull,
    ErrorCode::Unsupported,
    ErrorCode::ResourcesMissing,
];
/// Codes that only the worker has.
const WORKER_ONLY: &[ErrorCode] = &[ErrorCode::Usage, ErrorCode::FormerNameAmbiguous];

/// Defines the error responses of an operation: groups of codes, then single ones.
macro_rules! errors {
    ($name:ident: $($group:ident),* $(; $($code:ident),+)?) => {
        #[doc = "Error responses of an operation."]
        pub struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> $crate::http::openapi::Responses {
                $crate::http::openapi::responses(&[
                    $($crate::http::openapi::$group,)*
                    $(&[$(podslate_shared::ErrorCode::$code),+],)?
                ])
            }
        }
    };
}
pub(super) use errors;

/// Error responses by status, with the meanings of their codes.
pub fn responses(groups: &[&[ErrorCode]]) -> Responses {
    let mut meanings: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in groups.iter().copied().chain([ALL]).flatten() {
        let meaning = format!("`{}`: {}", code.as_str(), code.summary());
        meanings.entry(code.status()).or_default().push(meaning);
    }
    let response = |meanings: Vec<String>| {
        let schema = Ref::from_schema_name("Failure");
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let description = meanings.join(" ");
        let response = ResponseBuilder::new().description(description);
        RefOr::T(response.content("application/json", content).build())
    };
    meanings
        .into_iter()
        .map(|(status, meanings)| (status.to_string(), response(meanings)))
        .collect()
}

/// Codes that the API answers with.
pub fn codes() -> impl Iterator<Item = ErrorCode> {
    let codes = ErrorCode::ALL.iter().copied();
    codes.filter(|code| !WORKER_ONLY.contains(code))
}

/// The description without operations; the router adds them.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "podslate",
        description = "Creates the standard folders and configuration of a 3D project. If the \
            server requires a token, every request but `/health`, the session and this \
            description carries `Authorization: Bearer <token>` or the cookie of a session."
    ),
    security((), ("token" = [])),
    components(schemas(Failure))
)]
pub struct Base;

/// The description as JSON, with the token and without the codes that only the worker has.
pub fn document(openapi: &utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(openapi).unwrap_or_default();
    let codes: Vec<Value> = codes().map(|code| code.as_str().into()).collect();
    let components = &mut document["components"];
    components["schemas"]["ErrorCode"]["enum"] = codes.into();
    components["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
    document
}
