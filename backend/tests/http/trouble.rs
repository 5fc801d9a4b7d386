//! A workspace that breaks under the running server.

use std::fs;

use serde_json::{Value, json};

use crate::answer::error;
use crate::server::{Server, projects};

/// What each call answers about a workspace that cannot be used.
async fn assert_unavailable(server: &Server, what: &str) {
    let body = error(
        "workspace_unavailable",
        &format!("The workspace cannot be used: {what}."),
        Some("Check the folder that the program was given as the workspace."),
    );
    for path in [
        "/api/projects",
        "/api/projects/list",
        "/api/names/Alpha",
        "/api/projects/Alpha",
    ] {
        assert_eq!(server.get(path).await, (503, body.clone()), "{path}");
    }
    for (path, sent) in changes() {
        assert_eq!(
            server.post(path, &sent).await,
            (503, body.clone()),
            "{path}"
        );
    }
    assert_eq!(server.get("/health").await.0, 200);
}

/// The calls that change something.
fn changes() -> [(&'static str, Value); 3] {
    [
        ("/api/projects/create", json!({"project_name": "Beta"})),
        ("/rename", json!({"old_name": "Alpha", "new_name": "Gamma"})),
        ("/api/projects/Alpha/rename", json!({"new_name": "Gamma"})),
    ]
}

#[tokio::test]
async fn a_workspace_that_is_gone_is_not_made_again() {
    let server = Server::start().await;
    server.create(&["Alpha"]).await;
    let away = server.root.with_file_name("away");
    fs::rename(&server.root, &away).unwrap();
    let what = format!("`{}` does not exist", server.root.display());
    assert_unavailable(&server, &what).await;
    assert!(!server.root.exists());

    fs::write(&server.root, "a file in its place").unwrap();
    let what = format!("`{}` is a file, not a folder", server.root.display());
    assert_unavailable(&server, &what).await;
    assert_eq!(
        fs::read_to_string(&server.root).unwrap(),
        "a file in its place"
    );

    fs::remove_file(&server.root).unwrap();
    fs::rename(&away, &server.root).unwrap();
    server.create(&["Beta"]).await;
    server.assert_projects(&["Alpha", "Beta"]);
}

#[cfg(target_os = "linux")]
mod mounted {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;

    /// A mount that ends with its owner.
    struct Mount(PathBuf);

    impl Mount {
        /// Mounts something at `folder`, or says why not.
        fn new(folder: &Path, arguments: &[&str]) -> Option<Self> {
            let output = Command::new("mount").args(arguments).arg(folder).output();
            let problem = match output {
                Ok(output) if output.status.success() => return Some(Self(folder.to_owned())),
                Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
                Err(error) => error.to_string(),
            };
            let test = std::thread::current();
            let test = test.name().unwrap_or_default();
            println!("{test} is skipped, because nothing can be mounted here: {problem}");
            None
        }

        /// Mounts it again with other options.
        fn change(&self, options: &str) {
            let mut command = Command::new("mount");
            let status = command.args(["-o", options]).arg(&self.0).status();
            assert!(status.expect("mount runs").success(), "{options}");
        }
    }

    impl Drop for Mount {
        fn drop(&mut self) {
            let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        }
    }

    #[tokio::test]
    async fn a_read_only_workspace_can_be_read() {
        let server = Server::start().await;
        server.create(&["Alpha"]).await;
        let folder = server.root.to_str().expect("Unicode");
        let Some(mount) = Mount::new(&server.root, &["--bind", folder]) else {
            return;
        };
        mount.change("remount,bind,ro");
        let body = error(
            "workspace_read_only",
            "The workspace is read-only, or this program may not write to it.",
            Some("Give write permission, or mount it for writing, then try again."),
        );
        for (path, sent) in changes() {
            assert_eq!(
                server.post(path, &sent).await,
                (503, body.clone()),
                "{path}"
            );
        }
        let list = json!({"projects": ["Alpha"]});
        assert_eq!(server.get("/api/projects/list").await, (200, list));
        assert_eq!(server.get("/api/projects/Alpha").await.0, 200);
        server.assert_projects(&["Alpha"]);

        drop(mount);
        server.create(&["Beta"]).await;
        server.assert_projects(&["Alpha", "Beta"]);
    }

    /// A server with a project in a small file system, where one may be mounted.
    async fn small(size: &str) -> Option<(Server, Mount)> {
        let server = Server::start().await;
        let mount = Mount::new(&server.root, &["-t", "tmpfs", "-o", size, "tmpfs"])?;
        server.create(&["Alpha"]).await;
        Some((server, mount))
    }

    fn disk_full() -> Value {
        error(
            "disk_full",
            "The disk of the workspace is full, or its quota is used up.",
            Some("Free some space, then try again."),
        )
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_nothing_half_made_stays() {
        let Some((server, _mount)) = small("size=256k").await else {
            return;
        };
        let filling = server.root.join(".filling");
        // Until nothing more fits, not even a byte.
        fs::write(&filling, vec![0; 1 << 20]).expect_err("more than fits");
        let (path, sent) = &changes()[0];
        assert_eq!(server.post(path, sent).await, (507, disk_full()));
        fs::remove_file(&filling).unwrap();
        server.assert_projects(&["Alpha"]);
        server.create(&["Beta"]).await;
        server.assert_projects(&["Alpha", "Beta"]);
    }

    /// The name is what counts; the configuration follows when there is space.
    #[tokio::test]
    async fn a_rename_on_a_full_disk_loses_nothing() {
        let Some((server, _mount)) = small("size=256k").await else {
            return;
        };
        let filling = server.root.join(".filling");
        fs::write(&filling, vec![0; 1 << 20]).expect_err("more than fits");
        let (path, sent) = &changes()[1];
        let (status, body) = server.post(path, sent).await;
        let message = "Renamed project Alpha to Gamma. Its pipeline/config.json could not be \
                       updated and still says the old name.";
        assert_eq!((status, &body["message"]), (200, &json!(message)));
        fs::remove_file(&filling).unwrap();
        let mut expected = projects(&["Alpha"]);
        expected.rename("Alpha", "Gamma");
        assert_eq!(server.tree(), expected);
    }

    #[tokio::test]
    async fn a_disk_without_inodes_is_full_too() {
        let Some((server, _mount)) = small("nr_inodes=60").await else {
            return;
        };
        let (path, sent) = &changes()[0];
        assert_eq!(server.post(path, sent).await, (507, disk_full()));
        server.assert_projects(&["Alpha"]);
    }
}
