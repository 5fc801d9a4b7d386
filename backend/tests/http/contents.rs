//! What the list says of projects that are large, strange, or change all the time.

use std::fs::{self, File};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::server::Server;

/// The row of a project in a list.
fn row<'b>(body: &'b Value, name: &str) -> &'b Value {
    let mut projects = body["projects"].as_array().into_iter().flatten();
    projects
        .find(|project| project["name"] == name)
        .unwrap_or(&Value::Null)
}

#[tokio::test]
async fn a_folder_of_very_many_files_is_not_counted_to_its_end() {
    let server = Server::start().await;
    server.create(&["Huge", "Small"]).await;
    let folder = server.root.join("Huge/0_input");
    for number in 0..12_000 {
        File::create(folder.join(number.to_string())).unwrap();
    }
    fs::write(server.root.join("Huge/1_textures/a.png"), "").unwrap();
    let is_counted = |body: &Value| row(body, "Huge")["stages"][0]["more"] == true;
    let body = server.list_when(is_counted).await;
    let stage =
        json!({"name": "0_input", "files": row(&body, "Huge")["stages"][0]["files"], "more": true});
    assert_eq!(row(&body, "Huge")["stages"][0], stage);
    assert!(stage["files"].as_u64().is_some_and(|files| files >= 1_000));
    let textures = json!({"name": "1_textures", "files": 1});
    assert_eq!(row(&body, "Huge")["stages"][1], textures);
}

#[tokio::test]
async fn dates_in_the_future_and_in_the_past_are_only_dates() {
    let server = Server::start().await;
    server.create(&["Future", "Past", "Now"]).await;
    let year = Duration::from_secs(365 * 24 * 3_600);
    for (name, time) in [
        ("Future", SystemTime::now() + 73 * year),
        ("Past", SystemTime::UNIX_EPOCH),
    ] {
        let file = File::create(server.root.join(name).join("0_input/a")).unwrap();
        file.set_modified(time).unwrap();
        let folder = File::open(server.root.join(name)).unwrap();
        folder.set_modified(time).unwrap();
    }
    let has_date = |body: &Value| {
        let modified = row(body, "Future")["modified"].as_str();
        modified.is_some_and(|time| time.starts_with("20") && time > "2090")
    };
    server.list_when(has_date).await;
    let (_, body) = server.get("/api/projects?sort=modified").await;
    assert_eq!(body["projects"][0]["name"], "Future");
    // A change of it still shows.
    fs::write(server.root.join("Future/0_input/b"), "").unwrap();
    server
        .list_when(|body| row(body, "Future")["stages"][0]["files"] == 2)
        .await;
}

#[tokio::test]
async fn a_project_that_changes_all_the_time_holds_nobody_up() {
    let server = Server::start().await;
    server.create(&["Busy", "Calm"]).await;
    let folder = server.root.join("Busy/0_input");
    let writer = std::thread::spawn(move || {
        for number in 0..4_000 {
            let file = folder.join(format!("{}", number % 50));
            fs::write(&file, number.to_string()).unwrap();
        }
    });
    let mut slowest = Duration::ZERO;
    while !writer.is_finished() {
        let asked = Instant::now();
        assert_eq!(server.get("/api/projects").await.0, 200);
        slowest = slowest.max(asked.elapsed());
    }
    writer.join().unwrap();
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    server
        .list_when(|body| row(body, "Busy")["stages"][0]["files"] == 50)
        .await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn names_that_are_not_unicode_are_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    fs::create_dir_all(server.root.join(name).join("0_input")).unwrap();
    fs::create_dir_all(server.root.join("Beta/0_input")).unwrap();
    let body = server.list_when(|body| body["count"] == 2).await;
    assert!(!row(&body, "Alpha").is_null() && !row(&body, "Beta").is_null());
    assert_eq!(server.get("/api/names/cafe").await.1["available"], true);
}

/// Asserts that the list consists of these names, and is current.
async fn assert_listed(server: &Server, names: &[&str]) {
    let (status, body) = server.get("/api/projects").await;
    assert_eq!(status, 200, "{body}");
    let projects = body["projects"].as_array().expect("a list").iter();
    let listed: Vec<_> = projects.map(|project| project["name"].clone()).collect();
    assert_eq!(listed, names, "{body}");
    assert!(body.get("as_of").is_none(), "{body}");
}

#[tokio::test]
async fn a_workspace_that_is_replaced_is_read_again() {
    let server = Server::start().await;
    server.create(&["Alpha", "Beta"]).await;
    let away = server.root.with_file_name("away");
    fs::rename(&server.root, &away).unwrap();
    let (status, body) = server.get("/api/projects").await;
    assert_eq!(
        (status, &body["code"]),
        (503, &json!("workspace_unavailable"))
    );
    fs::create_dir_all(server.root.join("Gamma/0_input")).unwrap();
    assert_listed(&server, &["Gamma"]).await;
    fs::create_dir_all(server.root.join("Delta/0_input")).unwrap();
    assert_listed(&server, &["Delta", "Gamma"]).await;
    // A folder that is made again at once often has the number of the old one.
    for name in ["One", "Two", "Three"] {
        fs::remove_dir_all(&server.root).unwrap();
        fs::create_dir_all(server.root.join(name).join("0_input")).unwrap();
        assert_listed(&server, &[name]).await;
    }
    fs::remove_dir_all(&server.root).unwrap();
    fs::rename(&away, &server.root).unwrap();
    assert_listed(&server, &["Alpha", "Beta"]).await;
}

#[tokio::test]
async fn a_workspace_whose_parent_is_replaced_is_read_again() {
    let home = tempfile::tempdir().unwrap();
    let root = home.path().join("volume/workspace");
    fs::create_dir_all(root.join("Old/0_input")).unwrap();
    let server = Server::start_at(root.clone(), |_| {}).await;
    assert_listed(&server, &["Old"]).await;
    fs::rename(home.path().join("volume"), home.path().join("away")).unwrap();
    fs::create_dir_all(root.join("New/0_input")).unwrap();
    // No report tells of that.
    server.list_when(|body| !row(body, "New").is_null()).await;
    assert_listed(&server, &["New"]).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_workspace_behind_a_link_is_compared_by_its_own_times() {
    let home = tempfile::tempdir().unwrap();
    let (root, link) = (home.path().join("workspace"), home.path().join("link"));
    fs::create_dir_all(root.join("Alpha/0_input")).unwrap();
    std::os::unix::fs::symlink(&root, &link).unwrap();
    let compare = |config: &mut podslate_backend::Config| config.workspace.compare_times();
    let server = Server::start_at(link, compare).await;
    assert_eq!(server.get("/health").await.1["changes"], "comparison");
    assert_listed(&server, &["Alpha"]).await;
    fs::create_dir_all(root.join("Beta/0_input")).unwrap();
    let made = Instant::now();
    server.list_when(|body| body["count"] == 2).await;
    assert!(
        made.elapsed() < Duration::from_secs(5),
        "{:?}",
        made.elapsed()
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_stage_that_is_a_link_or_a_file_is_counted_as_empty() {
    let server = Server::start().await;
    fs::create_dir_all(server.root.join("Linked")).unwrap();
    std::os::unix::fs::symlink("/usr", server.root.join("Linked/0_input")).unwrap();
    fs::create_dir_all(server.root.join("Filed")).unwrap();
    fs::write(server.root.join("Filed/1_textures"), "").unwrap();
    let is_counted = |body: &Value| {
        let is_counted = |name: &str| row(body, name)["state"].is_null();
        body["count"] == 2 && is_counted("Linked") && is_counted("Filed")
    };
    let body = server.list_when(is_counted).await;
    assert_eq!(row(&body, "Linked")["stages"][0]["files"], 0);
}

#[tokio::test]
async fn pages_continue_after_dates_that_no_calendar_has() {
    let home = testing::memory_dir().expect("a folder");
    let root = home.path().join("workspace");
    for name in ["Aaa", "Bbb", "Ccc"] {
        fs::create_dir_all(root.join(name).join("0_input")).unwrap();
    }
    let file = File::create(root.join("Bbb/0_input/a")).unwrap();
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(500_000_000_000);
    if file.set_modified(far).is_err() {
        testing::skip("dates that no calendar has", "the file system has none");
        return;
    }
    let server = Server::start_at(root, |_| {}).await;
    let is_counted = |body: &Value| {
        let mut projects = body["projects"].as_array().expect("a list").iter();
        body["count"] == 3 && projects.all(|project| project["state"].is_null())
    };
    server.list_when(is_counted).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let address = format!("/api/projects?sort=modified&limit=1{after}");
        let (status, body) = server.get(&address).await;
        assert_eq!(status, 200, "{body}");
        seen.push(body["projects"][0]["name"].clone());
        match body["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!((seen.len(), &seen[0]), (3, &json!("Bbb")), "{seen:?}");
}
