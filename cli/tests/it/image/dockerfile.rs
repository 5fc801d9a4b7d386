//! The last stage of the Dockerfile.

use std::fs;
use std::path::PathBuf;

use crate::program::repository;

/// Settings of the image.
pub struct Image {
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Path of the program.
    pub program: String,
    /// Command that is started.
    pub entrypoint: Vec<String>,
    /// Command that checks the health.
    pub healthcheck: Vec<String>,
}

/// Path of the Dockerfile.
pub fn path() -> PathBuf {
    repository("Dockerfile")
}

impl Image {
    /// Reads the Dockerfile.
    pub fn read() -> Self {
        let text = fs::read_to_string(path()).expect("a Dockerfile");
        let text = text.replace("\\\n", " ");
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
        let mut words_of_stage = stage.split_whitespace();
        let program = words_of_stage.find(|word| word.starts_with("/usr/local/bin/"));
        Self {
            env: env.expect("ENV").split_whitespace().map(pair).collect(),
            program: program.expect("a program").to_owned(),
            entrypoint: words("ENTRYPOINT"),
            healthcheck: words("HEALTHCHECK"),
        }
    }
}
