//! What every kind of package is made from.

use std::path::Path;

use crate::package::target::Target;
use crate::paths::Paths;

/// Version of the packages, which is that of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Licenses of others' crates in the program.
pub const NOTICES: &str = "THIRD-PARTY-NOTICES.txt";
/// List of the crates in the program, in the format of CycloneDX.
pub const SBOM: &str = "podslate.cdx.json";

/// What the packages of one target are made from.
pub struct Package<'a> {
    pub paths: &'a Paths,
    pub target: &'static Target,
    pub program: &'a Path,
    /// A program that runs here and documents the commands.
    pub documents: &'a Path,
    pub python: &'a Path,
    pub out: &'a Path,
    /// Level of compression, 1 to 9.
    pub level: u32,
}
