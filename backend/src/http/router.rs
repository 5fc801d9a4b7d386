//! Which address leads where, and through what.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderName, Method};
use axum::middleware::{from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use podslate_shared::ErrorCode;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{
    MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer,
};
use tower_http::timeout::RequestBodyDeadlineLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

use super::error::Problem;
use super::{App, access, assets, calls, docs, pipeline, session, shield};

/// The largest body of a request, in bytes; the error table says it, too.
pub const BODY_SIZE: usize = 16 * 1024;
/// How long a client may take to send the body of a request.
const BODY_TIME: Duration = Duration::from_secs(10);
/// What a request is called, in its answer and in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that the server answers.
pub fn router(app: App) -> Router {
    let guarded = Router::new()
        .route("/api/projects/list", get(calls::names))
        .route("/api/projects", get(calls::list))
        .route(
            "/api/projects/create",
            get(calls::details_of_create).post(calls::create),
        )
        .route("/api/projects/{name}", get(calls::details))
        .route("/api/projects/{name}/rename", post(calls::rename_named))
        .route("/rename", post(calls::rename))
        .route("/api/names/{name}", get(calls::check))
        .route("/api/pipeline", get(pipeline::state))
        .route("/api/pipeline/log", get(pipeline::log))
        .route("/api/pipeline/restart", post(pipeline::restart))
        .route("/api/pipeline/stop", post(pipeline::stop))
        .route_layer(from_fn_with_state(app.clone(), access::want_token));
    let open = Router::new()
        .route("/health", get(calls::health))
        .route("/api/session", get(session::state))
        .route("/api/session/login", post(session::login))
        .route("/api/session/logout", post(session::logout))
        .route("/api/openapi.json", get(docs::description))
        .route("/api/docs", get(docs::page))
        .route("/api/docs.css", get(docs::style))
        .route("/", get(assets::index));
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(answered)
        .on_failure(());
    guarded
        .merge(open)
        .fallback(assets::other)
        .method_not_allowed_fallback(wrong_method)
        // From here on the last layer is the first that a request goes through.
        .layer(access::csrf(&app.0.config.origins))
        .layer(from_fn_with_state(app.clone(), access::want_host))
        .layer(option_layer(access::cors(&app.0.config.origins)))
        .layer(DefaultBodyLimit::max(BODY_SIZE))
        .layer(RequestBodyDeadlineLayer::new(BODY_TIME))
        .layer(from_fn(shield::time))
        .layer(CatchPanicLayer::custom(shield::panicked))
        .layer(from_fn(shield::headers))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(trace)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(map_request(shield::readable_id))
        .with_state(app)
}

async fn wrong_method(method: Method) -> impl IntoResponse {
    Problem::new(ErrorCode::MethodNotAllowed, method.as_str())
}

/// The page asks all the time, so only what is refused is worth a line; what changes says so itself.
fn answered(response: &Response, latency: Duration, _span: &Span) {
    let (status, ms) = (response.status().as_u16(), latency.as_millis());
    match status {
        ..400 => tracing::debug!(status, ms, "answered"),
        400.. => tracing::info!(status, ms, "refused"),
    }
}

/// The query is left out, because people search for names of their own, and an address that nobody
/// serves, because it may hold whatever somebody pasted.
fn span(request: &Request) -> Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(another)", MatchedPath::as_str);
    tracing::info_span!("request", method = %request.method(), path, id)
}
