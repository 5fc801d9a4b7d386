//! A workspace that becomes unusable while the server is running.

use std::fs;

use serde_json::{Value, json};

use crate::response::error;
use crate::server::Server;

/// Asserts the error of each operation for a workspace that cannot be used.
async fn assert_unavailable(server: &Server, reason: &str) {
    let body = error(
        "workspace_unavailable",
        &format!("The workspace cannot be used: {reason}."),
        Some("Check the folder that was given as the workspace."),
    );
    for path in [
        "/api/projects",
        "/api/projects/list",
        "/api/names/Alpha",
        "/api/projects/Alpha",
    ] {
        assert_eq!(server.get(path).await, (503, body.clone()), "{path}");
    }
    for (path, request) in changes() {
        let response = server.post(path, &request).await;
        assert_eq!(response, (503, body.clone()), "{path}");
    }
    assert_eq!(server.get("/health").await.0, 200);
}

/// Requests that change the workspace.
fn changes() -> [(&'static str, Value); 3] {
    [
        ("/api/projects/create", json!({"project_name": "Beta"})),
        ("/rename", json!({"old_name": "Alpha", "new_name": "Gamma"})),
        ("/api/projects/Alpha/rename", json!({"new_name": "Gamma"})),
    ]
}

#[tokio::test]
async fn a_missing_workspace_is_not_created_again() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let away = server.root.with_file_name("away");
    fs::rename(&server.root, &away).unwrap();
    let reason = format!("`{}` does not exist", server.root.display());
    assert_unavailable(&server, &reason).await;
    assert!(!server.root.exists());

    fs::write(&server.root, "a file in its place").unwrap();
    let reason = format!("`{}` is a file, not a folder", server.root.display());
    assert_unavailable(&server, &reason).await;
    let content = fs::read_to_string(&server.root).unwrap();
    assert_eq!(content, "a file in its place");

    fs::remove_file(&server.root).unwrap();
    fs::rename(&away, &server.root).unwrap();
    server.create(&["Beta"]).await;
    server.assert_projects(&["Alpha", "Beta"]);
}

#[cfg(target_os = "linux")]
mod mounted {
    use super::*;
    use crate::mount::Mount;
    use crate::server::{names, projects};

    #[tokio::test]
    async fn a_read_only_workspace_can_be_read() {
        let server = Server::start().await;
        server.create(&["Alpha"]).await;
        let Some(mount) = Mount::bind(&server.root) else {
            return;
        };
        mount.make_read_only();
        let body = error(
            "workspace_read_only",
            "The workspace's disk is read-only.",
            Some(
                "Mount it for writing, then try again. Linux makes a disk read-only after errors; \
                 the system's log tells.",
            ),
        );
        for (path, request) in changes() {
            let response = server.post(path, &request).await;
            assert_eq!(response, (503, body.clone()), "{path}");
        }
        let list = json!({"projects": ["Alpha"]});
        assert_eq!(server.get("/api/projects/list").await, (200, list));
        assert_eq!(server.get("/api/projects/Alpha").await.0, 200);
        server.assert_projects(&["Alpha"]);

        drop(mount);
        server.create(&["Beta"]).await;
        server.assert_projects(&["Alpha", "Beta"]);
    }

    /// A server with a project in a small file system, if one can be mounted.
    async fn small(limit: &str) -> Option<(Server, Mount)> {
        let home = tempfile::tempdir().expect("a folder").keep();
        let mount = Mount::limited(&home, limit)?;
        let server = Server::start_at(home, |_| {}).await;
        server.create(&["Alpha"]).await;
        Some((server, mount))
    }

    fn disk_full() -> Value {
        error(
            "disk_full",
            "The disk of the workspace is full.",
            Some(
                "Free some space, then try again. If there is space, the disk may have no inodes \
                 left: remove small files.",
            ),
        )
    }

    #[tokio::test]
    async fn a_full_disk_is_reported_and_nothing_unfinished_stays() {
        let Some((server, _mount)) = small("size=256k").await else {
            return;
        };
        let filler = server.root.join(".filler");
        // Until not even a byte fits.
        fs::write(&filler, vec![0; 1 << 20]).expect_err("more than fits");
        let (path, request) = &changes()[0];
        assert_eq!(server.post(path, request).await, (507, disk_full()));
        fs::remove_file(&filler).unwrap();
        server.assert_projects(&["Alpha"]);
        server.create(&["Beta"]).await;
        server.assert_projects(&["Alpha", "Beta"]);
    }

    /// The folder is renamed; recovery updates the configuration later.
    #[tokio::test]
    async fn a_rename_on_a_full_disk_loses_nothing() {
        let Some((server, _mount)) = small("size=256k").await else {
            return;
        };
        let filler = server.root.join(".filler");
        fs::write(&filler, vec![0; 1 << 20]).expect_err("more than fits");
        let (path, request) = &changes()[1];
        let (status, body) = server.post(path, request).await;
        let message = "Renamed project Alpha to Gamma. Its pipeline/config.json could not be \
                       updated and still has the old name.";
        assert_eq!((status, &body["message"]), (200, &json!(message)));
        fs::remove_file(&filler).unwrap();
        let mut expected = projects(&["Alpha"]);
        expected.rename("Alpha", "Gamma");
        server.tree().assert_same(&expected);
    }

    #[tokio::test]
    async fn a_disk_without_free_inodes_is_full() {
        let Some((server, _mount)) = small("nr_inodes=60").await else {
            return;
        };
        let (path, request) = &changes()[0];
        assert_eq!(server.post(path, request).await, (507, disk_full()));
        server.assert_projects(&["Alpha"]);
    }

    /// The folder below a mount is another disk's, usually a container's that is thrown away.
    #[tokio::test]
    async fn nothing_is_created_below_a_volume_that_is_gone() {
        let home = tempfile::tempdir().expect("a folder");
        let root = home.path().join("workspace");
        let volume = home.path().join("volume");
        fs::create_dir(&root).unwrap();
        fs::create_dir(&volume).unwrap();
        let Some(_volume) = Mount::limited(&volume, "size=4m") else {
            return;
        };
        let from = volume.to_str().expect("Unicode").to_owned();
        let mount = || Mount::new(&root, &["--bind", &from]).expect("a mount");
        let mounted = mount();
        let server = Server::start_at(root.clone(), |_| {}).await;
        server.create(&["Alpha"]).await;
        assert_eq!(server.get("/health").await.1["status"], "healthy");

        drop(mounted);
        let (path, request) = &changes()[0];
        let (status, body) = server.post(path, request).await;
        assert_eq!(
            (status, &body["code"]),
            (503, &json!("workspace_unavailable"))
        );
        let sentence = body["error"].as_str().unwrap();
        assert!(sentence.contains("probably not mounted"), "{sentence}");
        assert_eq!(names(&root), [""; 0]);
        let (status, list) = server.get("/api/projects").await;
        assert_eq!((status, &list["error"]), (503, &body["error"]));
        let (status, health) = server.get("/health").await;
        assert_eq!((status, &health["status"]), (200, &json!("degraded")));
        assert_eq!(health["problem"], body["error"]);

        let _mounted = mount();
        server.create(&["Beta"]).await;
        server.assert_projects(&["Alpha", "Beta"]);
        assert_eq!(server.get("/health").await.1["status"], "healthy");
    }
}
