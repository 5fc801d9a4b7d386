//! `GET /api/projects` and `GET /api/projects/list`.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::answer::{invalid, no_project};
use crate::server::Server;

/// The names on a page, how many match, and where the next page starts.
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

fn shown(names: &[&str], count: u64, next: Option<&str>) -> (Vec<String>, u64, Option<String>) {
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
    let body = json!({"status": "success", "projects": [], "count": 0});
    assert_eq!(server.get("/api/projects").await, (200, body));
}

#[tokio::test]
async fn a_project_is_told_whole() {
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
    let (status, mut body) = server.get("/api/projects").await;
    assert_eq!(status, 200);
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
    });
    assert_eq!(body, expected);
}

/// The time is RFC 3339 in UTC to the millisecond, and not before the test.
fn assert_is_recent(told: &Value, before: SystemTime) {
    let told = told.as_str().expect("a time");
    assert!(told.len() == 24 && told.ends_with('Z'), "{told}");
    let time: jiff::Timestamp = told.parse().expect("RFC 3339");
    let before = jiff::Timestamp::try_from(before).expect("a time");
    // Clocks of file systems are coarse.
    let seconds = time.as_second() - before.as_second();
    assert!((-1..60).contains(&seconds), "{told}");
}

#[tokio::test]
async fn names_are_ordered_capitals_and_small_letters_alike() {
    let server = Server::start().await;
    server
        .create(&["beta", "Alpha", "gamma", "Delta", "alpha2"])
        .await;
    let names = ["Alpha", "alpha2", "beta", "Delta", "gamma"];
    assert_eq!(
        server.get("/api/projects/list").await,
        (200, json!({ "projects": names }))
    );
    assert_eq!(page(&server, "").await, shown(&names, 5, None));
    assert_eq!(page(&server, "?sort=name").await, shown(&names, 5, None));
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
            shown(names, count, None),
            "{query}"
        );
    }
    assert_eq!(
        page(&server, "?q=hero&limit=2").await,
        shown(&["Hero", "hero-old"], 3, Some("hero-old"))
    );
}

#[tokio::test]
async fn the_newest_come_first() {
    let server = Server::start().await;
    let names = ["First", "Second", "Third"];
    for name in names {
        server.create(&[name]).await;
        // Coarse clocks tell two projects apart only after a tick.
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
        shown(&["Third", "Second", "First"], 3, None)
    );
    let file = File::create(server.root.join("First/0_input/new.fbx")).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_secs(5))
        .unwrap();
    let order = ["First", "Third", "Second"];
    assert_eq!(
        page(&server, "?sort=modified").await,
        shown(&order, 3, None)
    );
    assert_eq!(
        page(&server, "?sort=modified&limit=1").await,
        shown(&order[..1], 3, Some("First"))
    );
    assert_eq!(
        page(&server, "?sort=modified&limit=1&after=First").await,
        shown(&order[1..2], 3, Some("Third"))
    );
    assert_eq!(
        page(&server, "?sort=modified&limit=1&after=Third").await,
        shown(&order[2..], 3, None)
    );
}

#[tokio::test]
async fn pages_follow_one_another() {
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
        // What comes before the next page may go.
        if after == "project_2" {
            fs::rename(server.root.join(&after), server.root.join("a_project")).unwrap();
        }
    }
    assert_eq!(seen, names);
    assert_eq!(page(&server, "?limit=0").await, shown(&[], 7, None));
    assert_eq!(page(&server, "?after=zzz").await, shown(&[], 7, None));
    for limit in ["7", "8", "18446744073709551615", "99999999999999999999999"] {
        let all = page(&server, &format!("?limit={limit}")).await;
        assert_eq!((all.0.len(), all.2), (7, None), "{limit}");
    }
}

#[tokio::test]
async fn queries_that_mean_nothing_are_refused() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let sorts = "unknown variant `size`, expected one of `name`, `created`, `modified`";
    for (query, what) in [
        ("limit=-1", "limit: invalid digit found in string"),
        ("limit=ten", "limit: invalid digit found in string"),
        ("limit=1e3", "limit: invalid digit found in string"),
        ("limit=1.5", "limit: invalid digit found in string"),
        ("limit=%00", "limit: invalid digit found in string"),
        ("limit=", "limit: cannot parse integer from empty string"),
        ("sort=size", &format!("sort: {sorts}")),
        ("q=a&q=b", "duplicate field `q`"),
    ] {
        let answer = server.get(&format!("/api/projects?{query}")).await;
        let sentence = invalid(&format!("the query is not understood ({what})"));
        assert_eq!(answer, (400, sentence), "{query}");
    }
    assert_eq!(
        server.get("/api/projects?sort=created&after=Beta").await,
        (404, no_project("Beta"))
    );
    let good = "?q=al&sort=created&limit=10&unknown=1";
    assert_eq!(page(&server, good).await, shown(&["Alpha"], 1, None));
}
