//! The API's description, generated from the types, and a page that people can read.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use podslate_shared::error::CODES;
use serde_json::Value;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::error::Failure;
use super::{calls, pipeline, session};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "podslate",
        description = "Names a 3D project once and gives it its folders where they are needed. \
            Where the server was started with a token, every request but `/health` and this \
            description carries `Authorization: Bearer <token>`."
    ),
    paths(
        calls::health, calls::names, calls::list, calls::create, calls::details,
        calls::details_of_create, calls::rename, calls::rename_named, calls::check,
        pipeline::state, pipeline::log, pipeline::restart, pipeline::stop,
        session::state, session::login, session::logout
    ),
    security((), ("token" = [])),
    components(schemas(Failure)),
    modifiers(&Token)
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("token", scheme);
    }
}

static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(Description::openapi()).unwrap_or_default());
static PAGE: LazyLock<String> = LazyLock::new(|| written(&DESCRIPTION));

/// The description in the form of OpenAPI 3.1.
pub async fn description() -> Json<&'static Value> {
    Json(&DESCRIPTION)
}

/// The description as a page.
pub async fn page() -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    ([(CONTENT_SECURITY_POLICY, policy)], Html(PAGE.as_str()))
}

/// How the page looks.
pub async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, include_str!("docs.css"))
}

fn written(description: &Value) -> String {
    let text = |value: &Value| escaped(value.as_str().unwrap_or_default());
    let info = &description["info"];
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\">\
         <meta name=color-scheme content=\"light dark\">\
         <title>{title} API</title><link rel=stylesheet href=docs.css>\
         <main><h1>{title} API <small>{version}</small></h1><p>{about}</p>\
         <p>For programs: <a href=openapi.json>openapi.json</a></p>",
        title = text(&info["title"]),
        version = text(&info["version"]),
        about = marked(&text(&info["description"])),
    );
    for (path, methods) in description["paths"].as_object().into_iter().flatten() {
        for (method, call) in methods.as_object().into_iter().flatten() {
            let about = [&call["summary"], &call["description"]]
                .map(|part| format!("<p>{}</p>", marked(&text(part))))
                .concat();
            let _ = write!(
                html,
                "<section><h2><b>{}</b> <code>{}</code></h2>{about}{}{}{}</section>",
                method.to_uppercase(),
                escaped(path),
                parameters(call),
                content("Body", &call["requestBody"], description),
                content("Answer", success(call), description),
            );
        }
    }
    html + &errors() + "</main>"
}

fn success(call: &Value) -> &Value {
    let responses = call["responses"].as_object();
    let success = responses.and_then(|all| all.iter().find(|(status, _)| status.starts_with('2')));
    success.map_or(&Value::Null, |(_, response)| response)
}

fn parameters(call: &Value) -> String {
    let mut rows = String::new();
    for parameter in call["parameters"].as_array().into_iter().flatten() {
        let word = |key: &str| marked(&escaped(parameter[key].as_str().unwrap_or_default()));
        let _ = write!(
            rows,
            "<tr><td><code>{}</code><td>{}<td>{}",
            word("name"),
            word("in"),
            word("description")
        );
    }
    match rows.is_empty() {
        true => rows,
        false => format!("<table><tr><th>Parameter<th>In<th>Meaning{rows}</table>"),
    }
}

/// The fields of a body.
fn content(title: &str, body: &Value, description: &Value) -> String {
    let schema = resolved(&body["content"]["application/json"]["schema"], description);
    let mut rows = String::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let about = [field, resolved(field, description)]
            .iter()
            .find_map(|schema| schema["description"].as_str())
            .unwrap_or_default();
        let _ = write!(
            rows,
            "<tr><td><code>{}</code><td>{}<td>{}",
            escaped(name),
            escaped(&kind(field)),
            marked(&escaped(about))
        );
    }
    match rows.is_empty() {
        true => rows,
        false => format!("<table><tr><th>{title}<th>Type<th>Meaning{rows}</table>"),
    }
}

fn resolved<'a>(schema: &'a Value, description: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|to| to.strip_prefix('#'));
    pointer
        .and_then(|pointer| description.pointer(pointer))
        .unwrap_or(schema)
}

/// A type in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return name.to_owned();
    }
    let one_of = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(choices) = one_of {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(word) => word.clone(),
        Value::Array(words) => {
            let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
            words.join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn errors() -> String {
    let mut html = "<section><h2>Errors</h2><p>Every error has <code>status</code> \
        (<code>error</code>), <code>code</code>, <code>error</code> and <code>message</code> (the \
        same sentence) and mostly a <code>hint</code>.</p>\
        <table><tr><th>Code<th>Status<th>Sentence"
        .to_owned();
    for row in CODES {
        let _ = write!(
            html,
            "<tr><td><code>{}</code><td>{}<td>{}",
            row.slug,
            row.http,
            marked(&escaped(row.sentence).replace("{}", "…"))
        );
    }
    html + "</table></section>"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Text between backticks as code.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.fold(String::new(), |html, (index, part)| match index % 2 {
        0 => html + part,
        _ => format!("{html}<code>{part}</code>"),
    })
}
