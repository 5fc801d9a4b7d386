//! Health of the server.

use axum::Json;
use axum::extract::State;
use podslate_shared::api::{ChangeSource, Health};

use crate::http::app::App;
use crate::http::openapi::errors;

errors!(HealthErrors:);

/// Health of the server, its workspace and its version. Requires no token.
#[utoipa::path(get, path = "/health", tag = "server", security(()),
    responses((status = 200, body = Health), HealthErrors))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    let workspace = &app.config.workspace;
    let reason = workspace.unnotified();
    let problem = workspace.problem();
    let status = if problem.is_none() {
        "healthy"
    } else {
        "degraded"
    };
    Json(Health {
        status: status.to_owned(),
        problem: problem.map(|problem| problem.to_string()),
        workspace: workspace.root().display().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        changes: Some(match reason {
            None => ChangeSource::Notifications,
            Some(_) => ChangeSource::Comparison,
        }),
        changes_reason: reason.map(str::to_owned),
    })
}
