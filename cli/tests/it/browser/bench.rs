//! Test fixture: a server process, its workspace on disk, and Chromium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::json;
use testing::{PATIENCE, Server, port};

use thirtyfour::prelude::*;

use crate::program::{podslate, start};

const INTERVAL: Duration = Duration::from_millis(50);

/// A server, its workspace and a browser that shows its page.
pub struct Bench {
    /// The browser.
    pub page: WebDriver,
    /// Folder of the workspace.
    pub workspace: PathBuf,
    /// Address of the server, with a trailing slash.
    pub url: String,
    server: Option<Server>,
    _driver: Process,
    _home: tempfile::TempDir,
}

impl Bench {
    /// Starts the server and the browser and opens the page.
    pub async fn start() -> Self {
        Self::start_with(&[], "").await
    }

    /// Starts the server with environment variables and a shell command as its pipeline, then the
    /// browser, and opens the page.
    pub async fn start_with(env: &[(&str, &str)], pipeline: &str) -> Self {
        let home = tempfile::Builder::new().prefix("pod-").tempdir();
        Self::start_in(home.expect("a directory"), env, pipeline).await
    }

    /// Starts the server with a workspace of `count` projects, and the browser.
    pub async fn start_with_projects(count: usize) -> Self {
        let home = testing::memory_dir().expect("a directory");
        for index in 0..count {
            make_project(&home.path().join("workspace"), &numbered(index));
        }
        Self::start_in(home, &[], "").await
    }

    async fn start_in(home: tempfile::TempDir, env: &[(&str, &str)], pipeline: &str) -> Self {
        let workspace = home.path().join("workspace");
        let mut command = serve(&workspace, port::free());
        command.envs(env.iter().copied());
        if !pipeline.is_empty() {
            command.args(["--", "sh", "-c", pipeline]);
        }
        let server = start(&mut command);
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

    /// Opens the page and waits until it is ready.
    pub async fn open(&self) {
        self.page.goto(&self.url).await.expect("the page opens");
        self.find("[data-testid=create-name]").await;
    }

    /// Stops the server.
    pub fn stop_server(&mut self) {
        self.server = None;
    }

    /// Starts the server again at the same address.
    pub fn start_server(&mut self) {
        let address = self.url.trim_end_matches('/');
        let (_, port) = address.rsplit_once(':').expect("a port");
        let port = port.parse().expect("a number");
        self.server = Some(start(&mut serve(&self.workspace, port)));
    }

    /// Waits for the element that matches a selector.
    pub async fn find(&self, css: &str) -> WebElement {
        self.page
            .query(By::Css(css))
            .wait(PATIENCE, INTERVAL)
            .first()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Waits until no element matches a selector.
    pub async fn gone(&self, css: &str) {
        self.until(&format!("{css} is gone"), || async {
            self.page
                .find_all(By::Css(css))
                .await
                .is_ok_and(|elements| elements.is_empty())
        })
        .await;
    }

    /// Waits until the text of an element contains `text`.
    pub async fn shows(&self, css: &str, text: &str) {
        self.until(&format!("{css} contains {text:?}"), || async {
            match self.page.find(By::Css(css)).await {
                Ok(element) => element.text().await.is_ok_and(|shown| shown.contains(text)),
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
                self.screenshot("failure").await;
                panic!("timed out waiting until {what}");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Waits until the element that matches a selector gets the keys.
    pub async fn focused(&self, css: &str) {
        let focused = format!("return document.activeElement.matches({})", json!(css));
        let holds = || async { self.eval::<bool>(&focused).await };
        self.until(&format!("{css} has the focus"), holds).await;
    }

    /// Replaces the text of the field that matches a selector.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.click().await.expect("the field can be clicked");
        field
            .send_keys(Key::Control + "a")
            .await
            .expect("the field accepts keys");
        field
            .send_keys(Key::Backspace)
            .await
            .expect("the field accepts keys");
        field.send_keys(text).await.expect("the field accepts keys");
    }

    /// Clicks the element that matches a selector.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.expect("a click");
    }

    /// Presses Enter in the focused element.
    pub async fn press_enter(&self) {
        self.press(Key::Enter + "").await;
    }

    /// Presses Enter in the element that matches a selector.
    pub async fn press_enter_in(&self, css: &str) {
        let element = self.find(css).await;
        element.send_keys(Key::Enter + "").await.expect("a key");
    }

    /// Presses keys in the focused element.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let focused = self.page.active_element().await.expect("a focused element");
        focused
            .send_keys(keys)
            .await
            .expect("the element accepts keys");
    }

    /// Presses keys as a keyboard does, wherever the focus is.
    pub async fn strike(&self, keys: impl Into<TypingData>) {
        // The default waits a quarter of a second at each key.
        let chain = self
            .page
            .action_chain_with_delay(None, Some(Duration::ZERO));
        let chain = chain.send_keys(keys);
        chain.perform().await.expect("the browser takes keys");
    }

    /// Value of the field that matches a selector.
    pub async fn value(&self, css: &str) -> String {
        let field = self.find(css).await;
        let value = field.prop("value").await.expect("a property");
        value.unwrap_or_default()
    }

    /// Creates a project through the form.
    pub async fn create(&self, name: &str) {
        self.fill("[data-testid=create-name]", name).await;
        self.press(Key::Enter + "").await;
        self.find(&row(name)).await;
    }

    /// Names of the rows, in the order of the page.
    pub async fn rows(&self) -> Vec<String> {
        let names = "return [...document.querySelectorAll('[data-testid=project-row]')]\
                     .map(row => row.dataset.name)";
        self.eval(names).await
    }

    /// Result of a script in the page.
    pub async fn eval<T: DeserializeOwned>(&self, script: &str) -> T {
        let result = self.page.execute(script, vec![]).await;
        let result = result.expect("the script runs");
        result.convert().expect("a result of this type")
    }

    /// Runs a script in every page before the page's own program, from the next page on.
    pub async fn inject(&self, script: &str) {
        let script = json!({"source": script});
        self.send("Page.addScriptToEvaluateOnNewDocument", script)
            .await;
    }

    /// Names of the entries in the workspace's folder, sorted.
    pub fn on_disk(&self) -> Vec<String> {
        testing::names(&self.workspace).expect("the workspace exists")
    }

    /// Sets the size of the window, in CSS pixels, and the color scheme.
    pub async fn emulate(&self, width: u32, height: u32, dark: bool) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme},
                                        {"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.send("Emulation.setDeviceMetricsOverride", size).await;
        self.send("Emulation.setEmulatedMedia", media).await;
    }

    /// Turns the colors of a high-contrast theme on or off, after [`Self::emulate`].
    pub async fn force_colors(&self, is_active: bool) {
        self.force_colors_in(is_active, false).await;
    }

    /// Turns the colors of a light or dark high-contrast theme on or off.
    pub async fn force_colors_in(&self, is_active: bool, dark: bool) {
        let value = if is_active { "active" } else { "none" };
        let scheme = if dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "forced-colors", "value": value},
                                        {"name": "prefers-color-scheme", "value": scheme},
                                        {"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.send("Emulation.setEmulatedMedia", media).await;
    }

    /// Shows scroll bars, which Chromium hides when it has no window.
    pub async fn show_scroll_bars(&self) {
        let shown = json!({"hidden": false});
        self.send("Emulation.setScrollbarsHidden", shown).await;
    }

    /// Sends a command to Chromium.
    pub async fn send(&self, command: &str, parameters: serde_json::Value) {
        let tools = self.page.cdp();
        let done = tools.send_raw(command, parameters);
        done.await.expect("Chromium accepts the command");
    }

    /// Takes a screenshot of the page.
    pub async fn screenshot(&self, name: &str) {
        let folder = std::env::var_os("PODSLATE_PICTURES")
            .map(PathBuf::from)
            .unwrap_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures"));
        fs::create_dir_all(&folder).expect("a folder for screenshots");
        let path = folder.join(format!("{name}.png"));
        self.page.screenshot(&path).await.expect("a screenshot");
    }

    /// Closes the browser.
    pub async fn close(self) {
        self.page.quit().await.expect("the browser closes");
    }
}

/// Selector of a project's row.
pub fn row(name: &str) -> String {
    format!("[data-testid=project-row][data-name={name:?}]")
}

/// Name of a project of [`Bench::start_with_projects`].
pub fn numbered(index: usize) -> String {
    format!("project_{index:05}")
}

/// Makes a small project as another program does.
pub fn make_project(workspace: &Path, name: &str) {
    let project = workspace.join(name);
    for folder in ["0_input", "pipeline"] {
        fs::create_dir_all(project.join(folder)).expect("a folder");
    }
    let config = json!({"project_name": name}).to_string();
    fs::write(project.join("pipeline/config.json"), config).expect("a file");
}

/// The command that starts a server at a port.
fn serve(workspace: &Path, port: u16) -> Command {
    podslate(workspace, &["serve", "--port", &port.to_string()])
}

/// Process that is killed when dropped.
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
    // The driver's HTTP client is built without a default TLS provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut capabilities = DesiredCapabilities::chrome();
    if let Some(program) = std::env::var_os("PODSLATE_TEST_CHROMIUM") {
        capabilities
            .set_binary(&program.to_string_lossy())
            .expect("a valid capability");
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
        capabilities.add_arg(argument).expect("a valid capability");
    }
    let start = Instant::now();
    loop {
        match WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities.clone()).await {
            Ok(driver) => return driver,
            Err(error) if start.elapsed() > PATIENCE => panic!("Chromium failed to start: {error}"),
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}
