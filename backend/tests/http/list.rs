//! `GET /api/projects` and `GET /api/projects/list`.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::response::{invalid, no_project};
use crate::server::Server;

/// Names on a page, the number of matches, and the start of the next page.
async fn page(server: &Server, query: &str) -> (Vec<String>, u64, Option<String>) {
    let (status, body) = server.get(&format!("/api/projects{query}")).await;
    assert_eq!((status, &body["status"]), (200, &json!("success")));
    let projects = body["projects"].as_array().expect("a list");
    let names = projects.iter().map(|project| &project["name"]);
    (
        names.map(text).collect(),
        body["count"].as_u64().expect("a number"),
        body.get("next").map(text),
    )
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

fn expected(names: &[&str], count: u64, next: Option<&str>) -> (Vec<String>, u64, Option<String>) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    (names, count, next.map(str::to_owned))
}

#[tokio::test]
async fn an_empty_workspace_is_an_empty_list() {
    let server = Server::start().await;
    assert_eq!(
        server.get("/api/projects/list").await,
        (200, json!({"projects": []}))
    );
    let body = json!({"status": "success", "projects": [], "count": 0, "revision": 0});
    assert_eq!(server.get("/api/projects").await, (200, body));
}

#[tokio::test]
async fn a_listed_project_is_complete() {
    let server = Server::start().await;
    let before = SystemTime::now();
    server.create(&["Alpha"]).await;
    fs::create_dir(server.root.join("Alpha/1_textures/albedo/own")).unwrap();
    for file in [
        "0_input/mesh.fbx",
        "0_input/.hidden",
        "1_textures/albedo/a.png",
        "1_textures/albedo/own/b.png",
    ] {
        fs::write(server.root.join("Alpha").join(file), "").unwrap();
    }
    let is_counted = |body: &Value| body["projects"][0]["stages"][1]["files"] == 2;
    let mut body = server.list_when(is_counted).await;
    let revision = body["revision"].take();
    assert!(
        revision.as_u64().is_some_and(|revision| revision > 0),
        "{revision}"
    );
    for key in ["created", "modified"] {
        assert_is_recent(&body["projects"][0][key], before);
        body["projects"][0][key] = json!("recently");
    }
    let stage = |name: &str, files: u64| json!({"name": name, "files": files});
    let expected = json!({
        "status": "success",
        "projects": [{
            "name": "Alpha",
            "path": server.path("Alpha"),
            "has_config": true,
            "created": "recently",
            "modified": "recently",
            "stages": [
                stage("0_input", 1), stage("1_textures", 2), stage("2_rig", 0),
                stage("3_animation", 0), stage("4_export", 0),
            ],
            "warnings": [],
        }],
        "count": 1,
        "revision": null,
    });
    assert_eq!(body, expected);
}

/// Asserts that a time is RFC 3339 in UTC to the millisecond, and not before the test.
fn assert_is_recent(value: &Value, before: SystemTime) {
    let text = value.as_str().expect("a time");
    assert!(text.len() == 24 && text.ends_with('Z'), "{text}");
    let time: jiff::Timestamp = text.parse().expect("RFC 3339");
    let before = jiff::Timestamp::try_from(before).expect("a time");
    // Clocks of file systems are coarse.
    let seconds = time.as_second() - before.as_second();
    assert!((-1..60).contains(&seconds), "{text}");
}

#[tokio::test]
async fn names_are_in_alphabetical_order_case_insensitively() {
    let server = Server::start().await;
    server
        .create(&["beta", "Alpha", "gamma", "Delta", "alpha2"])
        .await;
    let names = ["Alpha", "alpha2", "beta", "Delta", "gamma"];
    assert_eq!(
        server.get("/api/projects/list").await,
        (200, json!({ "projects": names }))
    );
    assert_eq!(page(&server, "").await, expected(&names, 5, None));
    assert_eq!(page(&server, "?sort=name").await, expected(&names, 5, None));
}

#[tokio::test]
async fn a_search_finds_parts_of_names() {
    let server = Server::start().await;
    server
        .create(&["Hero", "SideHero_2", "Villain", "hero-old"])
        .await;
    for (query, names) in [
        ("?q=hero", &["Hero", "hero-old", "SideHero_2"][..]),
        ("?q=HERO", &["Hero", "hero-old", "SideHero_2"]),
        ("?q=_2", &["SideHero_2"]),
        ("?q=", &["Hero", "hero-old", "SideHero_2", "Villain"]),
        ("?q=%2E%2E%2F", &[]),
        ("?q=%00", &[]),
        ("?q=%FF", &[]),
        ("?q=.*", &[]),
    ] {
        let count = names.len() as u64;
        assert_eq!(
            page(&server, query).await,
            expected(names, count, None),
            "{query}"
        );
    }
    assert_eq!(
        page(&server, "?q=hero&limit=2").await,
        expected(&["Hero", "hero-old"], 3, Some("hero-old"))
    );
}

#[tokio::test]
async fn the_newest_projects_come_first() {
    let server = Server::start().await;
    let names = ["First", "Second", "Third"];
    for name in names {
        server.create(&[name]).await;
        // The clock of the file system is coarse, so wait for its next tick.
        let tick = fs::metadata(server.root.join(name)).unwrap().modified();
        let probe = server.root.join(".probe");
        while fs::write(&probe, "")
            .and_then(|()| fs::metadata(&probe)?.modified())
            .unwrap()
            <= *tick.as_ref().unwrap()
        {}
    }
    assert_eq!(
        page(&server, "?sort=created").await,
        expected(&["Third", "Second", "First"], 3, None)
    );
    let file = File::create(server.root.join("First/0_input/new.fbx")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(5))
        .unwrap();
    let order = ["First", "Third", "Second"];
    let has_file = |body: &Value| {
        let projects = body["projects"].as_array().into_iter().flatten();
        projects
            .map(|project| &project["stages"][0]["files"])
            .any(|files| files == 1)
    };
    server.list_when(has_file).await;
    assert_eq!(
        page(&server, "?sort=modified").await,
        expected(&order, 3, None)
    );
    // A page continues after a name, or after the place of its last project.
    let (names, _, next) = page(&server, "?sort=modified&limit=1").await;
    assert_eq!(names, order[..1]);
    let next = next.expect("a next page");
    assert!(next.ends_with("/First"), "{next}");
    for after in ["First", &next] {
        let (names, _, next) =
            page(&server, &format!("?sort=modified&limit=1&after={after}")).await;
        assert_eq!(names, order[1..2]);
        assert!(next.is_some_and(|next| next.ends_with("/Third")));
    }
    assert_eq!(
        page(&server, "?sort=modified&limit=1&after=Third").await,
        expected(&order[2..], 3, None)
    );
    // The place is still known when its project is somewhere else.
    fs::remove_dir_all(server.root.join("First")).unwrap();
    let after = format!("?sort=modified&after={next}");
    assert_eq!(page(&server, &after).await, expected(&order[1..], 2, None));
}

#[tokio::test]
async fn pages_follow_one_another_without_gaps() {
    let server = Server::start().await;
    let names: Vec<String> = (0..7).map(|number| format!("project_{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.create(&names).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let (some, count, next) = page(&server, &format!("?limit=3&after={after}")).await;
        assert_eq!(count, 7);
        seen.extend(some);
        match next {
            Some(next) => after = next,
            None => break,
        }
        // A project before the next page may be removed.
        if after == "project_2" {
            fs::rename(server.root.join(&after), server.root.join("a_project")).unwrap();
        }
    }
    assert_eq!(seen, names);
    assert_eq!(page(&server, "?limit=0").await, expected(&[], 7, None));
    assert_eq!(page(&server, "?after=zzz").await, expected(&[], 7, None));
    for limit in ["7", "8", "18446744073709551615", "99999999999999999999999"] {
        let all = page(&server, &format!("?limit={limit}")).await;
        assert_eq!((all.0.len(), all.2), (7, None), "{limit}");
    }
}

#[tokio::test]
async fn a_page_can_be_asked_for_around_a_project() {
    let server = Server::start().await;
    let names: Vec<String> = (0..9).map(|number| format!("project_{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    server.create(&names).await;
    for (query, offset, expected) in [
        ("limit=4&around=project_6", json!(4), &names[4..8]),
        ("limit=4&around=project_1", json!(0), &names[..4]),
        ("limit=4&around=project_8&q=T_8", json!(0), &names[8..]),
        (
            "limit=2&offset=3&around=project_8&q=t_",
            json!(7),
            &names[7..],
        ),
        ("limit=2&offset=3&around=gone", Value::Null, &names[3..5]),
        ("limit=2&offset=3", Value::Null, &names[3..5]),
    ] {
        let query = format!("?{query}");
        let (_, body) = server.get(&format!("/api/projects{query}")).await;
        assert_eq!(body["offset"], offset, "{query}");
        assert_eq!(page(&server, &query).await.0, expected, "{query}");
    }
}

#[tokio::test]
async fn malformed_queries_are_refused() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let sorts = "unknown variant `size`, expected one of `name`, `created`, `modified`";
    for (query, reason) in [
        ("limit=-1", "limit: invalid digit found in string"),
        ("limit=ten", "limit: invalid digit found in string"),
        ("limit=1e3", "limit: invalid digit found in string"),
        ("limit=1.5", "limit: invalid digit found in string"),
        ("limit=%00", "limit: invalid digit found in string"),
        ("offset=-1", "offset: invalid digit found in string"),
        ("limit=", "limit: cannot parse integer from empty string"),
        ("sort=size", &format!("sort: {sorts}")),
        ("q=a&q=b", "duplicate field `q`"),
    ] {
        let response = server.get(&format!("/api/projects?{query}")).await;
        let sentence = invalid(&format!("the query is not valid ({reason})"));
        assert_eq!(response, (400, sentence), "{query}");
    }
    assert_eq!(
        server
            .get("/api/projects?sort=created&after=yesterday/Beta")
            .await,
        (400, invalid("`after` is not the `next` of a page"))
    );
    assert_eq!(
        server.get("/api/projects?sort=created&after=Beta").await,
        (404, no_project("Beta"))
    );
    let good = "?q=al&sort=created&limit=10&unknown=1";
    assert_eq!(page(&server, good).await, expected(&["Alpha"], 1, None));
}
