//! Operations on projects and their names.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::TypedHeader;
use axum_extra::headers::{ContentType, ETag, IfNoneMatch};
use podslate_shared::api::{
    CreateRequest, CreateResponse, DefaultKept, KeptReason, ListQuery, NameCheck, NewNameRequest,
    ProjectDetails, ProjectNames, ProjectPage, RenameRequest, RenameResponse,
};
use podslate_shared::{Error, ErrorCode, FolderName, ProjectName};
use serde_json::Value;

use crate::http::app::App;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{JsonBody, ProjectPath, Query, TextPath};
use crate::http::openapi::errors;
use crate::workspace::Workspace;

errors!(NamesErrors: TOKEN, READ);

/// Names of all projects.
#[utoipa::path(get, path = "/api/projects/list", tag = "projects",
    responses((status = 200, body = ProjectNames), NamesErrors))]
pub async fn names(State(app): State<App>) -> Result<Response, ApiError> {
    let _maker = app.budget.make_from_disk().await?;
    let projects = app.read(Workspace::names).await?;
    Ok(app.budget.json(&ProjectNames { projects }).await?)
}

errors!(ListErrors: TOKEN, READ; RequestInvalid, ProjectNotFound);

/// Projects with their progress and problems.
///
/// The names are current; on network volumes, which report no changes, up to two seconds old. Where
/// the volume does not respond, `as_of` says how old they are. Counts follow within a second where
/// changes are reported, and otherwise as fast as the volume allows; `state` and `as_of` of a project
/// say what is not known yet. With `If-None-Match`, a list that is still the same has no body.
#[utoipa::path(get, path = "/api/projects", tag = "projects", params(ListQuery),
    responses((status = 200, body = ProjectPage), (status = 304, description = "Unchanged"),
        ListErrors))]
pub async fn list(
    State(app): State<App>,
    if_none_match: Option<TypedHeader<IfNoneMatch>>,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let answer = app.list(query).await?;
    let etag: ETag = answer.etag.parse().map_err(|_| Error::Internal)?;
    let is_known = if_none_match.is_some_and(|known| !known.precondition_passes(&etag));
    let etag = TypedHeader(etag);
    if is_known {
        return Ok((StatusCode::NOT_MODIFIED, etag).into_response());
    }
    let json = TypedHeader(ContentType::json());
    Ok((etag, json, answer.body).into_response())
}

/// Headers of a change.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by a middleware")]
struct Repeat {
    /// Text that is new for every change, and the same when it is sent again.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 128,
        pattern = "^[!-~]{1,128}$"
    )]
    idempotency_key: Option<String>,
}

errors!(CreateErrors: TOKEN, BODY, READ, WRITE;
    NameInvalid, NameTaken, CaseConflict);

/// Why the default project stays, if its rename fails for a reason that concerns only it.
fn reason_of(code: ErrorCode) -> Option<KeptReason> {
    match code {
        ErrorCode::ProjectNotFound => Some(KeptReason::Missing),
        ErrorCode::NotAProject | ErrorCode::ConfigInvalid => Some(KeptReason::Changed),
        ErrorCode::Busy | ErrorCode::InUse => Some(KeptReason::InUse),
        ErrorCode::Mounted => Some(KeptReason::Mounted),
        _ => None,
    }
}

/// Creates a project.
///
/// A client that did not get the response sends the same request with the same `Idempotency-Key`
/// again: for ten minutes a change that was made is answered as the first time, and not made again.
/// The same key with another body or address is another change.
#[utoipa::path(post, path = "/api/projects/create", tag = "projects", params(Repeat),
    request_body = CreateRequest,
    responses((status = 201, body = CreateResponse), CreateErrors))]
pub async fn create(
    State(app): State<App>,
    JsonBody(body): JsonBody<CreateRequest>,
) -> Result<(StatusCode, Json<CreateResponse>), ApiError> {
    let name: ProjectName = body.project_name.parse()?;
    let default = match body.adopt_default {
        Some(true) => app.default_project().await?,
        _ => None,
    };
    let kept = match default.filter(|(default, _)| *default != name) {
        Some((default, None)) => match app.rename((&default).into(), name.clone()).await {
            Ok(renamed) => return Ok((StatusCode::CREATED, Json(renamed.into()))),
            // The default project has changed in the meantime.
            Err(error) => Some((default, reason_of(error.code()).ok_or(error)?)),
        },
        Some((default, Some(reason))) => Some((default, reason)),
        None => None,
    };
    let kept = kept.map(|(default, reason)| DefaultKept {
        project_name: default.into(),
        reason,
    });
    let response = CreateResponse::new(app.create(name).await?, kept);
    Ok((StatusCode::CREATED, Json(response)))
}

errors!(DetailsErrors: TOKEN, READ; NameInvalid, RequestInvalid, ProjectNotFound, Renamed);

/// One project with its configuration. This address cannot return a project named `list`.
#[utoipa::path(get, path = "/api/projects/{name}", tag = "projects",
    params(("name" = FolderName, Path, description = "Name of the project")),
    responses((status = 200, body = ProjectDetails<Value>), DetailsErrors))]
pub async fn details(
    State(app): State<App>,
    ProjectPath(name): ProjectPath,
) -> Result<Response, ApiError> {
    // A configuration may have 4 MiB.
    let _maker = app.budget.make_from_disk().await?;
    let details = app.read(move |workspace| workspace.details(&name)).await?;
    Ok(app.budget.json(&details).await?)
}

errors!(DetailsOfCreateErrors: TOKEN, READ; ProjectNotFound);

/// The project named `create`; `POST` to the same address creates a project.
#[utoipa::path(get, path = "/api/projects/create", tag = "projects",
    responses((status = 200, body = ProjectDetails<Value>), DetailsOfCreateErrors))]
pub async fn details_of_create(app: State<App>) -> Result<Response, ApiError> {
    details(app, ProjectPath("create".parse()?)).await
}

errors!(RenameErrors: TOKEN, BODY, READ, WRITE;
    NameInvalid, ProjectNotFound, NameTaken, CaseConflict, NotAProject, ConfigInvalid, Busy, InUse,
    Mounted,
    Renamed);

/// Renames a project; `Idempotency-Key` works as for creating one.
#[utoipa::path(post, path = "/rename", tag = "projects", params(Repeat),
    request_body = RenameRequest,
    responses((status = 200, body = RenameResponse), RenameErrors))]
pub async fn rename(
    State(app): State<App>,
    JsonBody(body): JsonBody<RenameRequest>,
) -> ApiResult<RenameResponse> {
    let old: FolderName = body.old_name.parse()?;
    let new: ProjectName = body.new_name.parse()?;
    Ok(Json(app.rename(old, new).await?.into()))
}

/// Renames a project; `Idempotency-Key` works as for creating one.
#[utoipa::path(post, path = "/api/projects/{name}/rename", tag = "projects",
    params(("name" = FolderName, Path, description = "Current name"), Repeat),
    request_body = NewNameRequest,
    responses((status = 200, body = RenameResponse), RenameErrors))]
pub async fn rename_named(
    State(app): State<App>,
    ProjectPath(old): ProjectPath,
    JsonBody(body): JsonBody<NewNameRequest>,
) -> ApiResult<RenameResponse> {
    let new: ProjectName = body.new_name.parse()?;
    Ok(Json(app.rename(old, new).await?.into()))
}

errors!(CheckErrors: TOKEN, READ; RequestInvalid);

/// Whether a project of that name can be created, and in which folder. Changes nothing.
#[utoipa::path(get, path = "/api/names/{name}", tag = "projects",
    params(("name" = String, Path, description = "Any text")),
    responses((status = 200, body = NameCheck), CheckErrors))]
pub async fn check(State(app): State<App>, TextPath(text): TextPath) -> ApiResult<NameCheck> {
    let mut check = app.read(move |workspace| workspace.check(&text)).await?;
    if check.available {
        let default = app.default_project().await?;
        let adoptable = default.filter(|(_, reason)| reason.is_none());
        check.adoptable = adoptable.map(|(default, _)| default.into());
    }
    Ok(Json(check))
}
