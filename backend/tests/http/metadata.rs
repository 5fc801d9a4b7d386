//! What belongs to a configuration besides its bytes, and projects that are mounted.

#![cfg(target_os = "linux")]

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
use serde_json::json;

use crate::mount::Mount;
use crate::response::error;
use crate::server::Server;

#[tokio::test]
async fn a_rename_and_a_repair_keep_owner_permissions_and_attributes() {
    let server = Server::start().await;
    server.create(&["Hero"]).await;
    let config = |name: &str| server.root.join(name).join("pipeline/config.json");
    let old = File::open(config("Hero")).unwrap();
    fs::set_permissions(config("Hero"), Permissions::from_mode(0o600)).unwrap();
    let has_attributes = fsetxattr(&old, "user.artist", b"Ada", XattrFlags::empty()).is_ok();
    let _ = chown(config("Hero"), Some(1000), Some(1001));
    let before = old.metadata().unwrap();

    let body = json!({"old_name": "Hero", "new_name": "Villain"});
    assert_eq!(server.post("/rename", &body).await.0, 200);
    let check = |name: &str| {
        let new = File::open(config(name)).unwrap();
        let after = new.metadata().unwrap();
        assert_ne!(before.ino(), after.ino(), "it was rewritten");
        let key = |it: &fs::Metadata| (it.mode(), it.uid(), it.gid());
        assert_eq!(key(&after), key(&before));
        let mut value = [0; 8];
        let size = fgetxattr(&new, "user.artist", &mut value[..]).unwrap_or(0);
        assert_eq!(
            &value[..size],
            if has_attributes { &b"Ada"[..] } else { b"" }
        );
        let text = fs::read_to_string(config(name)).unwrap();
        assert!(text.contains(&format!("\"{name}\"")), "{text}");
    };
    check("Villain");

    fs::rename(server.root.join("Villain"), server.root.join("Boss")).unwrap();
    let worker = podslate_backend::worker().expect("the worker runs");
    let workspace = podslate_backend::Workspace::open(&server.root, worker).unwrap();
    // As in a program without a runtime.
    let recovered = std::thread::scope(|scope| {
        let recovery = scope.spawn(|| workspace.recover());
        recovery.join().expect("no panic").unwrap()
    });
    assert_eq!(
        recovered.repairs().collect::<Vec<_>>(),
        ["Boss: its configuration had the name Villain"]
    );
    check("Boss");
}

#[tokio::test]
async fn a_mounted_project_is_not_renamed() {
    let server = Server::start().await;
    server.create(&["Hero", "Other"]).await;
    let Some(_mount) = Mount::bind(&server.root.join("Hero")) else {
        return;
    };
    let before = server.tree();
    let (_, details) = server.get("/api/projects/Hero").await;
    assert_eq!(details["mounted"], true);
    let body = json!({"old_name": "Hero", "new_name": "Villain"});
    let refused = error(
        "mounted",
        "The project `Hero` is mounted from outside, so it cannot be renamed here.",
        Some("Rename the folder where it is mounted from, and mount it again."),
    );
    assert_eq!(server.post("/rename", &body).await, (409, refused));
    assert_eq!(server.tree(), before);
    assert!(!server.root.join(".podslate.former/Hero").exists());
    let body = json!({"old_name": "Other", "new_name": "Villain"});
    assert_eq!(server.post("/rename", &body).await.0, 200);
}
