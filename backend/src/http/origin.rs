//! Other sites whose pages may use the API.

use axum::http::HeaderValue;
use tower_http::csrf::CsrfLayer;

/// Another site, in the form of the `Origin` header.
#[derive(Clone, Debug)]
pub struct Origin(pub(super) HeaderValue);

impl Origin {
    /// An origin, for example `https://example.com` or `http://localhost:3000`.
    ///
    /// # Errors
    /// A sentence that says why it cannot be used.
    pub fn new(text: &str) -> Result<Self, String> {
        let is_valid = CsrfLayer::new().add_trusted_origin(text).is_ok();
        let value = HeaderValue::from_str(text).ok().filter(|_| is_valid);
        value.map(Self).ok_or_else(|| {
            format!("`{text}` is not the origin of a site; it looks like `https://example.com`.")
        })
    }
}
