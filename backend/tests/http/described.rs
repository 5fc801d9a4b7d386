//! The errors that the API's description lists for each operation.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::response::Response;

/// An operation, for example `GET /api/projects/{name}`, and an error code.
pub type Pair = (String, String);

/// Errors of each operation: statuses by code.
#[derive(Debug, Default)]
pub struct Description {
    operations: BTreeMap<String, BTreeMap<String, u16>>,
    /// The document itself.
    pub document: Value,
}

impl Description {
    /// Reads the errors from an OpenAPI document.
    pub fn new(document: Value) -> Self {
        let mut operations = BTreeMap::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("operations") {
                let name = format!("{} {path}", method.to_uppercase());
                operations.insert(name, codes(&operation["responses"]));
            }
        }
        Self {
            operations,
            document,
        }
    }

    /// Names of the operations.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// Every operation with every code.
    pub fn pairs(&self) -> BTreeSet<Pair> {
        let operations = self.operations.iter();
        let pairs = operations.flat_map(|(name, codes)| {
            let codes = codes.keys();
            codes.map(move |code| (name.clone(), code.clone()))
        });
        pairs.collect()
    }

    /// Codes of all operations.
    pub fn codes(&self) -> BTreeSet<&str> {
        let codes = self.operations.values().flat_map(BTreeMap::keys);
        codes.map(String::as_str).collect()
    }

    /// Asserts that an error is one of those of its operation. Returns the operation and the code,
    /// unless the response is a success or the address does not belong to an operation.
    #[track_caller]
    pub fn assert_lists(&self, method: &Method, path: &str, response: &Response) -> Option<Pair> {
        if response.status < 400 || response.body.is_empty() {
            return None;
        }
        let path = path.split('?').next().unwrap_or_default();
        let (name, codes) = self.operation(method, path)?;
        let (status, body) = response.json();
        let code = body["code"].as_str().expect("a code");
        assert_eq!(codes.get(code), Some(&status), "{code} of {name}");
        Some((name.to_owned(), code.to_owned()))
    }

    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &BTreeMap<String, u16>)> {
        let parts: Vec<_> = path.split('/').collect();
        let matches = |name: &str| {
            let (_, template) = name.split_once(' ').expect("a method");
            let template: Vec<_> = template.split('/').collect();
            let mut pairs = template.iter().zip(&parts);
            name.starts_with(&format!("{method} "))
                && template.len() == parts.len()
                && pairs.all(|(a, b)| a == b || *a == "{name}" && !b.is_empty())
        };
        // An address without a parameter comes first.
        let exact = format!("{method} {path}");
        let name = self
            .operations
            .keys()
            .find(|name| **name == exact)
            .or_else(|| self.operations.keys().find(|name| matches(name)))?;
        Some((name, &self.operations[name]))
    }
}

/// Codes in the descriptions of error responses, which begin each meaning: "`code`: Meaning."
fn codes(responses: &Value) -> BTreeMap<String, u16> {
    let mut codes = BTreeMap::new();
    for (status, response) in responses.as_object().expect("responses") {
        let status: u16 = status.parse().expect("a status");
        let text = response["description"].as_str().unwrap_or_default();
        let parts: Vec<_> = text.split('`').collect();
        for pair in parts[1..].windows(2).step_by(2) {
            if status >= 400 && pair[1].starts_with(": ") {
                codes.insert(pair[0].to_owned(), status);
            }
        }
    }
    codes
}
