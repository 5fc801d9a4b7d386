//! What requests carry. Whatever reaches a handler has been checked here.

use axum::body::HttpBody;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use podslate_shared::api::{
    CreateRequest, LoginRequest, NewNameRequest, RenameRequest, RestartRequest,
};
use podslate_shared::{ErrorBody, ErrorCode, ProjectName};
use serde::de::DeserializeOwned;

use super::error::Problem;
use super::router::BODY_SIZE;

/// The project's name in the address.
pub struct NameInPath(pub ProjectName);

/// The text in the place of a name in the address.
pub struct TextInPath(pub String);

/// The query in the address.
pub struct Asked<T>(pub T);

/// A JSON body.
pub struct Body<T>(pub T);

/// What a body says once its names are checked.
pub trait Checked: Sized {
    /// The body as it is sent.
    type Sent: DeserializeOwned;

    /// Checks the names.
    fn check(sent: Self::Sent) -> Result<Self, ErrorBody>;
}

/// The name of a project to create.
pub struct Create {
    /// The name.
    pub name: ProjectName,
    /// Whether an untouched default project is to be renamed instead.
    pub adopts_default: bool,
}

/// The names of a project to rename.
pub struct Rename {
    /// The name until now.
    pub old: ProjectName,
    /// The name from now on.
    pub new: ProjectName,
}

/// The project to run the pipeline in, if it is to be another.
pub struct Restart(pub Option<ProjectName>);

/// The token of someone who wants in.
pub struct Login(pub String);

/// A new name.
pub struct NewName(pub ProjectName);

impl Checked for Create {
    type Sent = CreateRequest;

    fn check(sent: CreateRequest) -> Result<Self, ErrorBody> {
        Ok(Self {
            name: name(&sent.project_name)?,
            adopts_default: sent.adopt_default.unwrap_or_default(),
        })
    }
}

impl Checked for Restart {
    type Sent = RestartRequest;

    fn check(sent: RestartRequest) -> Result<Self, ErrorBody> {
        let project = sent.project_name.as_deref().map(name);
        project.transpose().map(Self)
    }
}

impl Checked for Login {
    type Sent = LoginRequest;

    fn check(sent: LoginRequest) -> Result<Self, ErrorBody> {
        Ok(Self(sent.token))
    }
}

impl Checked for Rename {
    type Sent = RenameRequest;

    fn check(sent: RenameRequest) -> Result<Self, ErrorBody> {
        Ok(Self {
            old: name(&sent.old_name)?,
            new: name(&sent.new_name)?,
        })
    }
}

impl Checked for NewName {
    type Sent = NewNameRequest;

    fn check(sent: NewNameRequest) -> Result<Self, ErrorBody> {
        name(&sent.new_name).map(Self)
    }
}

impl<S: Send + Sync, T: Checked> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // Forms of other pages cannot send this type, which is a part of the protection from them.
        if !is_json(request.headers()) {
            return Err(Problem::new(ErrorCode::UnsupportedMediaType, ""));
        }
        // A body that says that it is too large is not waited for.
        if request.body().size_hint().lower() > BODY_SIZE as u64 {
            return Err(Problem::new(ErrorCode::BodyTooLarge, ""));
        }
        let bytes = axum::body::Bytes::from_request(request, state)
            .await
            .map_err(|rejection| not_read(&rejection))?;
        // The parser would also take a list of the fields' values.
        if matches!(bytes.trim_ascii_start().first(), Some(first) if *first != b'{') {
            return Err(Problem::new(
                ErrorCode::RequestInvalid,
                "its body has to be a JSON object",
            ));
        }
        let sent = serde_json::from_slice(&bytes).map_err(|error| {
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            Problem::new(ErrorCode::RequestInvalid, what)
        })?;
        Ok(Self(T::check(sent)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TextInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => Ok(Self(text)),
            Err(PathRejection::FailedToDeserializePathParams(_)) => Err(Problem::new(
                ErrorCode::RequestInvalid,
                "the name in the address is not valid UTF-8",
            )),
            Err(_) => Err(Problem::new(ErrorCode::Internal, "")),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NameInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let TextInPath(text) = TextInPath::from_request_parts(parts, state).await?;
        Ok(Self(name(&text)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Problem::new(
                ErrorCode::RequestInvalid,
                &format!(
                    "the query is not understood ({})",
                    wrong_with(&rejection.body_text())
                ),
            )),
        }
    }
}

fn name(text: &str) -> Result<ProjectName, ErrorBody> {
    ProjectName::parse(text).map_err(|broken| ErrorBody::name(text, &broken))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let kind = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn not_read(rejection: &BytesRejection) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(ErrorCode::BodyTooLarge, "")
        }
        rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(ErrorCode::BodyTooLarge, "")
        }
        _ => Problem::new(ErrorCode::RequestInvalid, "its body did not arrive whole"),
    }
}

/// What is wrong with the query, without the library's own beginning.
fn wrong_with(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, wrong)| wrong)
}
