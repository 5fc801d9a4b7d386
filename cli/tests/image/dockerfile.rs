//! Reading the Dockerfile's last stage.

use std::fs;
use std::path::{Path, PathBuf};

/// What the last stage says.
pub struct Image {
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// Where the program is.
    pub program: String,
    /// What is started.
    pub entrypoint: Vec<String>,
    /// What tells whether it works.
    pub healthcheck: Vec<String>,
}

/// Where the Dockerfile is.
pub fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../Dockerfile")
}

impl Image {
    /// Reads the Dockerfile.
    pub fn read() -> Self {
        let text = fs::read_to_string(path())
            .expect("a Dockerfile")
            .replace("\\\n", " ");
        let stage = text.rsplit("\nFROM ").next().expect("a stage");
        let words = |keyword: &str| {
            let line = stage.lines().find(|line| line.starts_with(keyword));
            let line = line.unwrap_or_else(|| panic!("no {keyword}"));
            let list = line.find('[').map(|start| &line[start..]);
            serde_json::from_str(list.expect("a list")).expect("a list of words")
        };
        let env = stage.lines().find_map(|line| line.strip_prefix("ENV "));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').expect("a value");
            (name.to_owned(), value.to_owned())
        };
        let program = stage
            .split_whitespace()
            .find(|word| word.starts_with("/usr/local/bin/"));
        Self {
            env: env.expect("ENV").split_whitespace().map(pair).collect(),
            program: program.expect("a program").to_owned(),
            entrypoint: words("ENTRYPOINT"),
            healthcheck: words("HEALTHCHECK"),
        }
    }
}
