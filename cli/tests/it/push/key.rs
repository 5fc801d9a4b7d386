//! Keys from files.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::case::{Case, parse};
use super::s3::Server;

/// Pushes with a key from a file.
fn push(case: &Case, file: &Path, profile: &str) -> Output {
    let mut push = case.command(&Server::get().url);
    push.env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_PROFILE", profile)
        .arg("--credentials")
        .arg(file);
    push.output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_used_with_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let case = Case::new("file");
    let Server { key, secret, .. } = Server::get();
    let path = case.home.path().join("key");
    let text = format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n");
    fs::write(&path, text).unwrap();
    for (mode, warnings) in [(0o644, 1), (0o640, 1), (0o604, 1), (0o600, 0)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let output = push(&case, &path, "");
        let (code, report) = parse(&output);
        assert_eq!(code, Some(0), "{report}");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(errors.matches("warning: ").count(), warnings, "{errors}");
        assert_eq!(errors.matches("chmod 600").count(), warnings, "{errors}");
    }
    assert!(!Server::get().list(&case.key()).is_empty());
}

#[test]
fn a_key_is_read_from_the_section_of_its_profile() {
    let case = Case::new("profile");
    let Server { key, secret, .. } = Server::get();
    let path = case.home.path().join("key");
    let text = format!(
        "[default]\naws_access_key_id = {key}\n# aws_secret_access_key = {secret}\n\n\
         [pod]\naws_access_key_id={key}\n# aws_secret_access_key = old\n\
         AWS_Secret_Access_Key={secret}\n\n[old]\naws_access_key_id = old\n\
         aws_secret_access_key = rps_=\\1/+\n"
    );
    fs::write(&path, text).unwrap();
    for (profile, expected) in [
        ("pod", None),
        ("old", Some("storage_denied")),
        ("", Some("credentials_missing")),
        ("none", Some("credentials_missing")),
    ] {
        let (_, report) = parse(&push(&case, &path, profile));
        assert_eq!(report["code"].as_str(), expected, "{profile}: {report}");
    }
}
