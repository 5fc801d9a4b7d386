//! The calls about the pipeline.

use axum::Json;
use axum::extract::State;
use podslate_shared::api::{
    LogQuery, Pipeline as Told, PipelineLog, PipelineState, RestartRequest, Success,
};
use podslate_shared::{ErrorBody, ErrorCode};

use super::App;
use super::calls::to_the_end;
use super::error::Problem;
use super::extract::{Asked, Body, Restart};
use super::failures::{Asking, ReadingLog, Starting, Stopping};
use crate::pipeline::{Pipeline, Signal};

type Answer<T> = Result<Json<T>, Problem>;

/// How it stands with the command that the server runs in a project.
#[utoipa::path(get, path = "/api/pipeline", tag = "pipeline",
    responses((status = 200, body = Told), Asking))]
pub async fn state(State(app): State<App>) -> Json<Told> {
    Json(match &app.0.config.pipeline {
        Some(pipeline) => pipeline.told(),
        None => none(),
    })
}

/// The last lines that the command wrote.
#[utoipa::path(get, path = "/api/pipeline/log", tag = "pipeline", params(LogQuery),
    responses((status = 200, body = PipelineLog), ReadingLog))]
pub async fn log(State(app): State<App>, Asked(query): Asked<LogQuery>) -> Answer<PipelineLog> {
    Ok(Json(PipelineLog {
        status: Success::Success,
        lines: pipeline(&app)?.lines(query.after),
    }))
}

/// Starts the command, in another project if one is named; stops it first if it runs.
#[utoipa::path(post, path = "/api/pipeline/restart", tag = "pipeline",
    request_body = RestartRequest,
    responses((status = 200, body = Told), Starting))]
pub async fn restart(
    State(app): State<App>,
    Body(Restart(project)): Body<Restart>,
) -> Answer<Told> {
    let pipeline = pipeline(&app)?.clone();
    if let Some(name) = project.clone() {
        // A link, or any other folder, is no project.
        app.read(move |workspace| workspace.details(&name)).await?;
    }
    let work = async move { pipeline.start(project).await.map(|()| pipeline.told()) };
    Ok(Json(to_the_end(work).await??))
}

/// Ends the command, by force if it does not end in eight seconds.
#[utoipa::path(post, path = "/api/pipeline/stop", tag = "pipeline",
    responses((status = 200, body = Told), Stopping))]
pub async fn stop(State(app): State<App>) -> Answer<Told> {
    let pipeline = pipeline(&app)?.clone();
    let work = async move {
        pipeline.stop(Signal::Terminate).await;
        pipeline.told()
    };
    Ok(Json(to_the_end(work).await?))
}

fn pipeline(app: &App) -> Result<&Pipeline, ErrorBody> {
    let pipeline = app.0.config.pipeline.as_ref();
    pipeline.ok_or_else(|| ErrorBody::new(ErrorCode::PipelineMissing, ""))
}

fn none() -> Told {
    Told {
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
    }
}
