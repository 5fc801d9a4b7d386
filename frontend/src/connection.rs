//! State of the connection to the server.

use podslate_shared::ErrorBody;

use crate::client::RequestError;

/// State of the connection to the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Connection {
    #[default]
    Connecting,
    /// The list is current.
    Online,
    Unreachable,
    /// A token is required.
    Unauthorized,
    /// The server responds but cannot list the workspace.
    Failing(ErrorBody),
}

impl From<RequestError> for Connection {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Refused(error) => Self::Failing(error),
            RequestError::Unauthorized => Self::Unauthorized,
            RequestError::Unreachable => Self::Unreachable,
        }
    }
}
