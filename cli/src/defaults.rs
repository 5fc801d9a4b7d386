//! Defaults that this program shares with the pods that it creates.

/// Port of the server.
pub const PORT: u16 = 8080;
/// Folder of the projects on a pod.
pub const POD_WORKSPACE: &str = "/workspace";
