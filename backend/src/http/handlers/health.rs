//! Health of the server.

use axum::Json;
use axum::extract::State;
use podslate_shared::api::Health;

use crate::http::app::App;
use crate::http::openapi::errors;

errors!(HealthErrors:);

/// Health of the server, its workspace and its version. Requires no token.
#[utoipa::path(get, path = "/health", tag = "server", security(()),
    responses((status = 200, body = Health), HealthErrors))]
pub async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health {
        status: "healthy".to_owned(),
        workspace: app.config.workspace.root().display().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
