//! `GET /api/names/{name}`.

use std::fs;

use serde_json::{Value, json};

use crate::response::{case_conflict, taken};
use crate::server::Server;

#[tokio::test]
async fn a_check_agrees_with_creating_and_creates_nothing() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    fs::write(server.root.join("notes"), "a person's").unwrap();
    let before = server.tree();
    for (name, problem) in [
        ("Alpha", Some(taken("Alpha"))),
        ("ALPHA", Some(case_conflict("Alpha"))),
        ("notes", Some(taken("notes"))),
        ("Notes", Some(case_conflict("notes"))),
        ("Beta", None),
    ] {
        let mut body = json!({
            "status": "success",
            "project_name": name,
            "available": problem.is_none(),
            "project_path": server.path(name),
        });
        if let Some(problem) = &problem {
            body["problem"] = without_status(problem.clone());
        }
        let (status, mut checked) = server.get(&format!("/api/names/{name}")).await;
        // A name that is taken has a free one beside it.
        let suggestion = checked
            .get_mut("problem")
            .and_then(Value::as_object_mut)
            .and_then(|it| it.remove("suggestion"));
        let free = problem.as_ref().map(|_| format!("{name}_2"));
        assert_eq!(suggestion.as_ref().and_then(Value::as_str), free.as_deref());
        assert_eq!((status, checked), (200, body));

        let created = server
            .post("/api/projects/create", &json!({ "project_name": name }))
            .await;
        match problem {
            Some(problem) => {
                assert_eq!(created, (409, problem));
                assert_eq!(server.tree(), before);
            }
            None => assert_eq!(created.0, 201),
        }
    }
}

#[tokio::test]
async fn any_text_can_be_checked() {
    let server = Server::start().await;
    let body = json!({
        "status": "success",
        "project_name": "Größe/№ 1",
        "available": false,
        "problem": {
            "code": "name_invalid",
            "error": "A project name may not contain `ö` (character 3): use letters A to Z, \
                      digits, `_` and `-`.",
            "message": "A project name may not contain `ö` (character 3): use letters A to Z, \
                        digits, `_` and `-`.",
            "hint": "For example: `Grosse_1`.",
            "rule": "bad_character",
            "suggestion": "Grosse_1",
        },
    });
    let response = server
        .get("/api/names/Gr%C3%B6%C3%9Fe%2F%E2%84%96%201")
        .await;
    assert_eq!(response, (200, body));
    server.assert_projects(&[]);
}

/// An error inside a successful response.
fn without_status(mut problem: Value) -> Value {
    problem
        .as_object_mut()
        .expect("an object")
        .shift_remove("status");
    problem
}
