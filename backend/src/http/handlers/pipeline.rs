//! Operations on the pipeline.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use podslate_shared::api::{
    LogQuery, Pipeline as Status, PipelineLog, PipelineState, RestartRequest, Success,
};
use podslate_shared::{Error, FolderName};

use crate::http::app::App;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{JsonBody, Query};
use crate::http::openapi::errors;
use crate::http::to_end::run_to_end;
use crate::pipeline::{Pipeline, Signal};

errors!(StateErrors: TOKEN);

/// Status of the pipeline command.
#[utoipa::path(get, path = "/api/pipeline", tag = "pipeline",
    responses((status = 200, body = Status), StateErrors))]
pub async fn state(State(app): State<App>) -> Json<Status> {
    Json(status(&app))
}

/// Status of the command, or that there is none.
pub fn status(app: &App) -> Status {
    let status = app.config.pipeline.as_ref().map(Pipeline::status);
    status.unwrap_or(Status {
        status: Success::Success,
        state: PipelineState::None,
        project_name: None,
        command: None,
        started: None,
        ended: None,
        exit_code: None,
        signal: None,
        error: None,
        lines: 0,
    })
}

errors!(LogErrors: TOKEN; RequestInvalid, PipelineMissing);

/// The last lines of the command's output.
#[utoipa::path(get, path = "/api/pipeline/log", tag = "pipeline", params(LogQuery),
    responses((status = 200, body = PipelineLog), LogErrors))]
pub async fn log(
    State(app): State<App>,
    Query(query): Query<LogQuery>,
) -> Result<Response, ApiError> {
    let _maker = app.budget.make().await?;
    let log = PipelineLog {
        status: Success::Success,
        lines: app.pipeline()?.lines(query.after),
    };
    Ok(app.budget.json(&log).await?)
}

errors!(RestartErrors: TOKEN, BODY, READ;
    NameInvalid, ProjectNotFound, PipelineMissing, PipelineWithoutProject, PipelineFailed);

/// Starts the command, in another project if one is named. A running command is stopped first.
#[utoipa::path(post, path = "/api/pipeline/restart", tag = "pipeline",
    request_body = RestartRequest,
    responses((status = 200, body = Status), RestartErrors))]
pub async fn restart(
    State(app): State<App>,
    JsonBody(body): JsonBody<RestartRequest>,
) -> ApiResult<Status> {
    let name = body.project_name.as_deref().map(FolderName::parse);
    let name = name.transpose()?;
    let pipeline = app.pipeline()?;
    if let Some(name) = name.clone() {
        // A link or another folder is not a project.
        app.read(move |workspace| workspace.details(&name)).await?;
    }
    let restart = async move { pipeline.start(name).await.map(|()| pipeline.status()) };
    Ok(Json(run_to_end(restart).await?))
}

errors!(StopErrors: TOKEN; PipelineMissing, TimedOut);

/// Stops the command, and kills it if it does not end within eight seconds.
#[utoipa::path(post, path = "/api/pipeline/stop", tag = "pipeline",
    responses((status = 200, body = Status), StopErrors))]
pub async fn stop(State(app): State<App>) -> ApiResult<Status> {
    let pipeline = app.pipeline()?;
    let stop = async move {
        match pipeline.stop(Signal::Terminate).await {
            true => Ok(pipeline.status()),
            false => Err(Error::TimedOut),
        }
    };
    Ok(Json(run_to_end(stop).await?))
}
