//! Workspaces on a volume that takes a millisecond for each operation, reports no changes by other
//! computers, and sometimes hangs or fails.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testing::{PATIENCE, SlowVolume};

use crate::server::{Server, projects};

const LATENCY: Duration = Duration::from_millis(1);

/// A server for a slow volume with some projects that have been counted.
async fn start(count: usize) -> Option<(SlowVolume, Server)> {
    let volume = SlowVolume::start(LATENCY)?;
    let names: Vec<_> = (0..count)
        .map(|number| format!("Project_{number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    projects(&names).write(volume.backing()).expect("projects");
    let server = Server::start_at(volume.path().to_owned(), |_| {}).await;
    let is_counted = |body: &Value| {
        let projects = body["projects"].as_array().expect("a list");
        projects.len() == count && projects.iter().all(|project| project["state"].is_null())
    };
    server.list_when(is_counted).await;
    Some((volume, server))
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_costs_no_more_than_one_look_at_the_workspace() {
    let Some((volume, server)) = start(40).await else {
        return;
    };
    let (_, health) = server.get("/health").await;
    assert_eq!(health["changes"], "comparison");
    assert!(health["changes_reason"].is_string());
    let before = volume.operations();
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(server.get("/api/projects").await.0, 200);
        assert_eq!(server.get("/api/names/Fresh").await.0, 200);
    }
    let operations = volume.operations() - before;
    // And what the index compares meanwhile, which is less than 20 in a second.
    let allowed = 200 + 60 + (start.elapsed().as_secs_f64() * 20.0) as u64;
    assert!(operations <= allowed, "{operations} of {allowed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_from_elsewhere_are_found_by_the_times_of_folders() {
    let Some((volume, server)) = start(3).await else {
        return;
    };
    let at = |path: &str| volume.backing().join(path);
    fs::create_dir_all(at("Foreign/0_input")).unwrap();
    server.list_when(|body| body["count"] == 4).await;
    fs::write(at("Foreign/0_input/mesh.fbx"), "").unwrap();
    let has_file = |body: &Value| body["projects"][0]["stages"][0]["files"] == 1;
    server.list_when(has_file).await;
    fs::rename(at("Foreign"), at("Moved")).unwrap();
    server
        .list_when(|body| body["projects"][0]["name"] == "Moved")
        .await;
    // Its name is taken at once, whatever its case.
    let (status, check) = server.get("/api/names/moved").await;
    assert_eq!(
        (status, &check["problem"]["code"]),
        (200, &json!("case_twin"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_hangs_delays_no_list_and_the_list_says_how_old_it_is() {
    let Some((volume, server)) = start(3).await else {
        return;
    };
    volume.hang();
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    loop {
        let asked = Instant::now();
        let (status, body) = server.get("/api/projects").await;
        slowest = slowest.max(asked.elapsed());
        assert_eq!((status, &body["count"]), (200, &json!(3)));
        if body["as_of"].is_string() {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "{body}");
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    assert_eq!(server.get("/health").await.0, 200);

    fs::create_dir_all(volume.backing().join("Foreign/0_input")).unwrap();
    volume.release();
    server
        .list_when(|body| body["count"] == 4 && body.get("as_of").is_none())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_fails_is_an_error_until_it_works_again() {
    let Some((volume, server)) = start(2).await else {
        return;
    };
    volume.fail("EIO");
    let start = Instant::now();
    // What the system remembers of the volume is no error.
    while server.get("/api/projects").await.0 == 200 {
        assert!(start.elapsed() < PATIENCE);
    }
    let (status, body) = server.get("/api/projects").await;
    assert_eq!(
        (status, &body["code"]),
        (503, &json!("workspace_unavailable"))
    );
    volume.recover();
    let start = Instant::now();
    while server.get("/api/projects").await.0 != 200 {
        assert!(start.elapsed() < PATIENCE);
    }
    server.list_when(|body| body["count"] == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_wait_for_the_volume_hold_no_list_up() {
    let Some((volume, server)) = start(3).await else {
        return;
    };
    volume.hang();
    let waiting: Vec<_> = (0..40)
        .map(|number| {
            let request = server.request(&format!("/api/projects/Project_{}", number % 3));
            tokio::spawn(async move { request.send().await.map(|response| response.status()) })
        })
        .collect();
    let asked = Instant::now();
    let (status, body) = server.get("/api/projects").await;
    assert_eq!((status, &body["count"]), (200, &json!(3)));
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    volume.release();
    for request in waiting {
        assert_eq!(request.await.expect("no panic").expect("a response"), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_failure_removes_nothing_from_the_list() {
    let Some((volume, server)) = start(30).await else {
        return;
    };
    for _ in 0..3 {
        volume.fail("EIO");
        fs::create_dir_all(volume.backing().join("Foreign/0_input")).unwrap();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(700) {
            let (status, body) = server.get("/api/projects").await;
            assert!(
                status == 503 || body["count"].as_u64() >= Some(30),
                "{body}"
            );
        }
        volume.recover();
        let start = Instant::now();
        while server.get("/api/projects").await.0 != 200 {
            assert!(start.elapsed() < PATIENCE);
        }
        assert!(server.get("/api/projects").await.1["count"].as_u64() >= Some(30));
        server.list_when(|body| body["count"] == 31).await;
        fs::remove_dir_all(volume.backing().join("Foreign")).unwrap();
        server.list_when(|body| body["count"] == 30).await;
    }
}
