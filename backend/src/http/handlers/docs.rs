//! The API's description: OpenAPI for programs, and a page without scripts for people.

use std::fmt::Write as _;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Html;
use axum::routing::get;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::http::app::App;
use crate::http::openapi;

/// Routes of the description.
pub fn router(openapi: &OpenApi) -> Router<App> {
    let document = openapi::document(openapi);
    let page = Bytes::from(render(&document));
    let json = Bytes::from(document.to_string());
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    let json = async move || ([(CONTENT_TYPE, "application/json")], json);
    let page = async move || ([(CONTENT_SECURITY_POLICY, policy)], Html(page));
    let css = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    let style = async move || (css, include_str!("docs.css"));
    Router::new()
        .route("/api/openapi.json", get(json))
        .route("/api/docs", get(page))
        .route("/api/docs.css", get(style))
}

fn render(document: &Value) -> String {
    let info = &document["info"];
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\">\
         <meta name=color-scheme content=\"light dark\">\
         <title>{title} API</title><link rel=stylesheet href=docs.css>\
         <main><h1>{title} API <small>{version}</small></h1><p>{about}</p>\
         <p>For programs: <a href=openapi.json>openapi.json</a></p>",
        title = text(&info["title"]),
        version = text(&info["version"]),
        about = text(&info["description"]),
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let _ = write!(
                html,
                "<section><h2><b>{}</b> <code>{}</code></h2><p>{}</p><p>{}</p>{}{}{}</section>",
                method.to_uppercase(),
                escape(path),
                text(&operation["summary"]),
                text(&operation["description"]),
                parameters(operation),
                fields("Body", &operation["requestBody"], document),
                fields("Response", success(operation), document),
            );
        }
    }
    html + &errors() + "</main>"
}

fn success(operation: &Value) -> &Value {
    let responses = operation["responses"].as_object();
    let success = responses.and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')));
    success.map_or(&Value::Null, |(_, response)| response)
}

fn parameters(operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let row = |it: &Value| ["name", "in", "description"].map(|key| text(&it[key]));
    table("Parameter<th>In", parameters.map(row))
}

/// Table of the fields of a request or response body.
fn fields(title: &str, body: &Value, document: &Value) -> String {
    let schema = resolve(&body["content"]["application/json"]["schema"], document);
    let fields = schema["properties"].as_object().into_iter().flatten();
    let rows = fields.map(|(name, field)| {
        let mut about = &field["description"];
        if about.is_null() {
            about = &resolve(field, document)["description"];
        }
        [escape(name), escape(&type_name(field)), text(about)]
    });
    table(&format!("{title}<th>Type"), rows)
}

fn errors() -> String {
    let rows = openapi::codes().map(|code| {
        let meaning = mark_code(&escape(code.summary()));
        [code.as_str().to_owned(), code.status().to_string(), meaning]
    });
    format!(
        "<section><h2>Errors</h2><p>Every error has <code>status</code> (<code>error</code>), \
         <code>code</code>, <code>error</code> and <code>message</code> (the same sentence), and \
         usually a <code>hint</code>.</p>{}</section>",
        table("Code<th>Status", rows)
    )
}

/// Table with a name in the first column; empty without rows.
fn table(titles: &str, rows: impl Iterator<Item = [String; 3]>) -> String {
    let rows: String = rows
        .map(|[name, kind, meaning]| format!("<tr><td><code>{name}</code><td>{kind}<td>{meaning}"))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    format!("<table><tr><th>{titles}<th>Meaning{rows}</table>")
}

/// The schema that a reference leads to, or the schema itself.
fn resolve<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    pointer
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}

/// Name of a type for people.
fn type_name(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return name.to_owned();
    }
    let one_of = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(choices) = one_of {
        let names: Vec<_> = choices.iter().map(type_name).collect();
        return names.join(" or ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => {
            format!("list of {}", type_name(&schema["items"]))
        }
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// Text of the document as HTML.
fn text(value: &Value) -> String {
    mark_code(&escape(value.as_str().unwrap_or_default()))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Marks text between backticks as code.
fn mark_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.fold(String::new(), |html, (index, part)| {
        if index % 2 == 0 {
            html + part
        } else {
            format!("{html}<code>{part}</code>")
        }
    })
}
