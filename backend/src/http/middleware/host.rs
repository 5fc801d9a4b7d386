//! The host check.

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::Response;
use podslate_shared::Error;

use crate::http::app::App;
use crate::http::error::ApiError;
use crate::http::host;

/// Maximum length of a host name in an error, in characters.
const MAX_SHOWN: usize = 100;

/// Rejects a request for another host. A page elsewhere can point its own host name at this server,
/// but cannot change the name in the request.
pub async fn require_host(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let mut hosts = request.headers().get_all(HOST).iter();
    // Neither of two names can be believed.
    let host = hosts.next().filter(|_| hosts.next().is_none());
    let host = host.and_then(|host| host.to_str().ok());
    let name = host.map(host::name_of).unwrap_or_default();
    if app.config.allows_host(name) {
        return Ok(next.run(request).await);
    }
    let shown: String = name.chars().take(MAX_SHOWN).collect();
    let reason = format!(
        "`{shown}` is not a known name of the server; start it with `--public-host {shown}` if it \
         should be"
    );
    Err(Error::Forbidden { reason }.into())
}
