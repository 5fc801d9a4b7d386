//! The real parts under test: the server as a process, a workspace on disk, Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use thirtyfour::prelude::*;

use crate::port;
use crate::server::{self, Server};

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(50);

/// The server, its workspace and a browser that looks at it.
pub struct Bench {
    /// The browser.
    pub page: WebDriver,
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// The server's address with a slash at the end.
    pub url: String,
    server: Option<Server>,
    _driver: Process,
    _home: tempfile::TempDir,
}

impl Bench {
    /// Starts everything and opens the page.
    pub async fn start() -> Self {
        Self::start_with(&[], "").await
    }

    /// Starts everything, the server with an environment and a line of shell as its pipeline.
    pub async fn start_with(env: &[(&str, &str)], pipeline: &str) -> Self {
        let home = tempfile::Builder::new()
            .prefix("pod-")
            .tempdir()
            .expect("a directory");
        let workspace = home.path().join("workspace");
        let mut command = Server::command(&workspace, port::free());
        command.envs(env.iter().copied());
        if !pipeline.is_empty() {
            command.args(["--", "sh", "-c", pipeline]);
        }
        let server = Server::start_as(&mut command);
        let url = server.url.clone();
        let (driver, driver_port) = chromedriver();
        let page = browser(driver_port, &home.path().join("profile")).await;
        let bench = Self {
            page,
            workspace,
            url,
            server: Some(server),
            _driver: driver,
            _home: home,
        };
        bench.open().await;
        bench
    }

    /// Opens the page and waits until it shows the workspace.
    pub async fn open(&self) {
        self.page.goto(&self.url).await.expect("the page opens");
        self.find("[data-testid=create-name]").await;
    }

    /// Kills the server.
    pub fn stop_server(&mut self) {
        self.server = None;
    }

    /// Starts the server again at the same address.
    pub fn start_server(&mut self) {
        let port = server::port_of(&self.url);
        self.server = Some(Server::start_at(&self.workspace, port));
    }

    /// The element that a selector names, once it is there.
    pub async fn find(&self, css: &str) -> WebElement {
        self.page
            .query(By::Css(css))
            .wait(PATIENCE, INTERVAL)
            .first()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Waits until no element matches.
    pub async fn gone(&self, css: &str) {
        self.until(&format!("{css} is gone"), || async {
            self.page
                .find_all(By::Css(css))
                .await
                .is_ok_and(|found| found.is_empty())
        })
        .await;
    }

    /// Waits until the text of the element contains `text`.
    pub async fn says(&self, css: &str, text: &str) {
        self.until(&format!("{css} says {text:?}"), || async {
            match self.page.find(By::Css(css)).await {
                Ok(element) => element.text().await.is_ok_and(|found| found.contains(text)),
                Err(_) => false,
            }
        })
        .await;
    }

    /// Waits for a condition.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let start = Instant::now();
        while !holds().await {
            if start.elapsed() > PATIENCE {
                self.picture("failure").await;
                panic!("waited in vain until {what}");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Types into the element that a selector names, in place of what is there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.click().await.expect("a field can be clicked");
        field
            .send_keys(Key::Control + "a")
            .await
            .expect("a field takes keys");
        field
            .send_keys(Key::Backspace)
            .await
            .expect("a field takes keys");
        field.send_keys(text).await.expect("a field takes keys");
    }

    /// Clicks on the element that a selector names.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.expect("a click");
    }

    /// Presses Enter wherever the focus is.
    pub async fn press_enter(&self) {
        self.press(Key::Enter + "").await;
    }

    /// Presses Enter in the element that a selector names.
    pub async fn press_in(&self, css: &str) {
        let element = self.find(css).await;
        element.send_keys(Key::Enter + "").await.expect("a key");
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let focused = self
            .page
            .active_element()
            .await
            .expect("something has the focus");
        focused.send_keys(keys).await.expect("keys arrive");
    }

    /// Creates a project as a person does.
    pub async fn create(&self, name: &str) {
        self.fill("[data-testid=create-name]", name).await;
        self.press(Key::Enter + "").await;
        self.find(&row(name)).await;
    }

    /// The names of the rows in their order.
    pub async fn rows(&self) -> Vec<String> {
        let names = "return [...document.querySelectorAll('[data-testid=project-row]')]\
                     .map(row => row.dataset.name)";
        let names = self
            .page
            .execute(names, vec![])
            .await
            .expect("a script runs");
        names.convert().expect("a list of names")
    }

    /// The names of the entries in the workspace's folder, in order.
    pub fn on_disk(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.workspace)
            .expect("the workspace is there")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    /// Makes the window so large, in CSS pixels, and light or dark.
    pub async fn look(&self, width: u32, height: u32, dark: bool) {
        let tools = self.page.cdp();
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme},
                                        {"name": "prefers-reduced-motion", "value": "reduce"}]});
        for (command, parameters) in [
            ("Emulation.setDeviceMetricsOverride", size),
            ("Emulation.setEmulatedMedia", media),
        ] {
            tools
                .send_raw(command, parameters)
                .await
                .expect("Chromium obeys");
        }
    }

    /// Takes a picture of the page.
    pub async fn picture(&self, name: &str) {
        let folder = std::env::var_os("PODSLATE_PICTURES")
            .map(PathBuf::from)
            .unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"));
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let path = folder.join(format!("{name}.png"));
        self.page.screenshot(&path).await.expect("a picture");
    }

    /// Ends the browser.
    pub async fn end(self) {
        self.page.quit().await.expect("the browser ends");
    }
}

/// The selector of a project's row.
pub fn row(name: &str) -> String {
    format!("[data-testid=project-row][data-name={name:?}]")
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn chromedriver() -> (Process, u16) {
    let port = port::free();
    let program = std::env::var_os("PODSLATE_TEST_CHROMEDRIVER");
    let child = Command::new(program.unwrap_or_else(|| "chromedriver".into()))
        .arg(format!("--port={port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts; `cargo xtask test` installs it");
    (Process(child), port)
}

async fn browser(port: u16, profile: &Path) -> WebDriver {
    // The program's HTTP client has TLS without a provider of its own, and the driver's is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut wishes = DesiredCapabilities::chrome();
    if let Some(program) = std::env::var_os("PODSLATE_TEST_CHROMIUM") {
        wishes
            .set_binary(&program.to_string_lossy())
            .expect("a wish");
    }
    let profile = format!("--user-data-dir={}", profile.display());
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--lang=en-US",
        "--window-size=1280,900",
        &profile,
    ] {
        wishes.add_arg(argument).expect("a wish");
    }
    let start = Instant::now();
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), wishes.clone()).await {
            Ok(driver) => return driver,
            Err(error) if start.elapsed() > PATIENCE => panic!("Chromium does not start: {error}"),
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}
