//! The routes and their middleware.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::routing::get;
use podslate_shared::Error;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::error::ApiError;
use super::handlers::{assets, docs, events, health, pipeline, projects, session};
use super::limits::{BODY_SIZE, BODY_TIME};
use super::middleware::trace::REQUEST_ID;
use super::middleware::{access, response, trace};
use super::openapi::Base;
use super::repeats;

/// All routes with their middleware.
pub fn router(app: App) -> Router {
    let (router, openapi) = operations(&app).split_for_parts();
    let log = TraceLayer::new_for_http()
        .make_span_with(trace::span)
        .on_request(())
        .on_response(trace::log_response)
        .on_failure(());
    router
        .merge(docs::router(&openapi))
        .route("/", get(assets::index))
        .fallback(assets::fallback)
        .method_not_allowed_fallback(method_not_allowed)
        // A request passes the layers from the last to the first.
        .layer(from_fn_with_state(app.clone(), access::require_site))
        .layer(from_fn_with_state(app.clone(), access::require_host))
        .layer(option_layer(access::cors(&app.config.origins)))
        .layer(DefaultBodyLimit::max(BODY_SIZE))
        .layer(RequestBodyDeadlineLayer::new(BODY_TIME))
        .layer(from_fn(response::limit_time))
        .layer(CatchPanicLayer::custom(response::panicked))
        // Not of events, which would be held back, or compressed one by one to no gain.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn(response::add_headers))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(log)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(map_request(trace::remove_unreadable_id))
        .with_state(app)
}

/// Operations of the API.
fn operations(app: &App) -> OpenApiRouter<App> {
    let with_token = OpenApiRouter::new()
        .routes(routes!(projects::names))
        .routes(routes!(projects::list))
        .routes(routes!(projects::details_of_create, projects::create))
        .routes(routes!(projects::details))
        .routes(routes!(projects::rename_named))
        .routes(routes!(projects::rename))
        .routes(routes!(projects::check))
        .routes(routes!(events::events))
        .routes(routes!(pipeline::state))
        .routes(routes!(pipeline::log))
        .routes(routes!(pipeline::restart))
        .routes(routes!(pipeline::stop))
        .route_layer(from_fn_with_state(
            Arc::clone(&app.repeats),
            repeats::answer_once,
        ))
        .route_layer(from_fn_with_state(app.clone(), access::require_token));
    OpenApiRouter::with_openapi(Base::openapi())
        .merge(with_token)
        .routes(routes!(health::health))
        .routes(routes!(session::state))
        .routes(routes!(session::login))
        .routes(routes!(session::logout))
}

async fn method_not_allowed(method: Method) -> ApiError {
    let method = method.to_string();
    Error::MethodNotAllowed { method }.into()
}
