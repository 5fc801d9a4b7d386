//! A server behind nginx.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use testing::{PATIENCE, Server, http, wait_until};

use crate::program::{podslate, start};

const TOKEN: &str = "canary-0Xq93Lm52Tz-4711";
const NAME: &str = "pod.example.com";

struct Nginx {
    child: Child,
    port: u16,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master process ends the others.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.child.wait();
    }
}

impl Nginx {
    /// A proxy with `settings`; `None` if this machine has no nginx.
    fn start(home: &Path, server: &Server, settings: &str) -> Option<Self> {
        let port = testing::port::free();
        let config = format!(
            "daemon off; pid nginx.pid; error_log stderr; worker_processes 1;\n\
             events {{ worker_connections 64; }}\n\
             http {{ access_log off; client_body_temp_path b; proxy_temp_path p;\n\
             fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n\
             server {{ listen 127.0.0.1:{port};\n\
             location / {{ proxy_pass http://{}; {settings} }} }} }}",
            server.address()
        );
        fs::write(home.join("nginx.conf"), config).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("nginx")
            .env("PATH", format!("{path}:/usr/sbin"))
            .args(["-p", home.to_str().unwrap(), "-c", "nginx.conf"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let nginx = Self {
            child: child.ok()?,
            port,
        };
        let address = format!("127.0.0.1:{port}");
        let is_up = || http::send(&address, "GET / HTTP/1.0\r\n\r\n").is_ok();
        assert!(wait_until(PATIENCE, is_up), "nginx does not start");
        Some(nginx)
    }

    /// Status, body and head of the response to a change that the page of the proxy requests, as a
    /// browser sends it on plain HTTP.
    fn post(&self, path: &str, authorization: &str, body: &Value) -> (u16, Value, String) {
        let (port, body) = (self.port, body.to_string());
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {NAME}:{port}\r\nOrigin: http://{NAME}:{port}\r\n\
             Connection: close\r\nContent-Type: application/json\r\n{authorization}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let response = http::send(&format!("127.0.0.1:{port}"), &request).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap(), head.to_owned())
    }
}

#[test]
fn changes_and_sign_in_work_behind_nginx_under_a_known_name() {
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    for settings in [
        "",
        "proxy_set_header Host $host;",
        "proxy_set_header Host $http_host;",
        "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto $scheme;",
        "proxy_set_header Host $host; proxy_set_header X-Forwarded-Proto https;",
    ] {
        for is_known in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let workspace = home.path().join("W");
            let mut serve = podslate(&workspace, &["serve", "--port", "0"]);
            serve.env("PODSLATE_TOKEN", TOKEN);
            if is_known {
                serve.args(["--public-host", NAME]);
            }
            let server = start(&mut serve);
            let Some(nginx) = Nginx::start(home.path(), &server, settings) else {
                let test = "proxy::changes_and_sign_in_work_behind_nginx_under_a_known_name";
                testing::skip(test, "nginx is missing");
                return;
            };
            let name = json!({"project_name": "Hero"});
            let created = nginx.post("/api/projects/create", &bearer, &name);
            let token = json!({"token": TOKEN});
            let session = nginx.post("/api/session/login", "", &token);
            let statuses = (created.0, session.0);
            if !is_known {
                assert_eq!(statuses, (403, 403), "{settings}");
                let sentence = created.1["error"].as_str().unwrap();
                let advice = format!("`--public-host {NAME}`");
                assert!(sentence.contains(&advice), "{settings}: {sentence}");
                assert!(!workspace.join("Hero").exists());
                continue;
            }
            let bodies = (created.1, session.1);
            assert_eq!(statuses, (201, 200), "{settings}: {bodies:?}");
            assert!(workspace.join("Hero").is_dir());
            let cookie = session
                .2
                .lines()
                .find(|line| line.starts_with("set-cookie") || line.starts_with("Set-Cookie"));
            let is_secure = cookie.expect("a cookie").contains("; Secure");
            assert_eq!(is_secure, settings.contains("https"), "{settings}");
        }
    }
}
