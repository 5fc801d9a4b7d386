//! Protection from pages of other sites.

use axum::http::Method;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use podslate_shared::Error;
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::http::error::ApiError;
use crate::http::origin::Origin;

/// Rejects changes requested by pages of other sites than `origins`.
pub fn csrf(origins: &[Origin]) -> CsrfLayer<fn(ProtectionError) -> Response> {
    let names = origins.iter().filter_map(|origin| origin.0.to_str().ok());
    let layer = names.fold(CsrfLayer::new(), |layer, origin| {
        layer.clone().add_trusted_origin(origin).unwrap_or(layer)
    });
    layer.with_rejection_response(|_| {
        let reason = "it comes from a page of another site".to_owned();
        ApiError(Error::Forbidden { reason }).into_response()
    })
}

/// Lets pages of `origins`, and of no other site, read responses.
pub fn cors(origins: &[Origin]) -> Option<CorsLayer> {
    let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE])
    })
}
