//! Chromium without a window, where it is installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// An installed Chromium.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
}

/// A page as a browser shows it.
#[derive(Debug)]
pub struct Layout {
    /// The width of the content; that of the window unless the page overflows.
    pub width: u64,
    /// The height of the content.
    pub height: u64,
    /// The visible text.
    pub text: String,
    /// The URLs that the page requested.
    pub requests: Vec<String>,
    /// The number of elements of scripts.
    pub scripts: u64,
}

/// An empty profile, no message to its maker, and no name that can be resolved.
const OPTIONS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
];

/// What a frame of a given width tells. The window itself is at least 500 pixels wide.
const MEASURE: &str = "
const frame = document.querySelector('iframe');
frame.onload = () => {
  const [page, root] = [frame.contentDocument, frame.contentDocument.documentElement];
  const layout = {
    width: root.scrollWidth, height: root.scrollHeight, text: page.body.innerText, scripts: page.scripts.length,
    requests: frame.contentWindow.performance.getEntriesByType('resource').map(entry => entry.name),
  };
  document.querySelector('output').dataset.layout = btoa(unescape(encodeURIComponent(JSON.stringify(layout))));
};";

impl Browser {
    /// Looks on PATH; an error is the reason why this machine has none.
    pub fn find() -> Result<Self, String> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
        let program = programs.find(|program| program.is_file());
        program.map(|program| Self { program }).ok_or_else(|| format!("none of {} is on PATH", names.join(", ")))
    }

    /// Shows a page without scripts of its own in a frame of this size.
    pub fn layout(&self, html: &str, (width, height): (u32, u32)) -> Layout {
        use base64::Engine;
        let folder = tempfile::Builder::new().prefix("page-").tempdir().unwrap();
        let wrapper = folder.path().join("wrapper.html");
        let source = html.replace('&', "&amp;").replace('"', "&quot;");
        let frame =
            format!("<iframe style=\"border:0;width:{width}px;height:{height}px\" srcdoc=\"{source}\"></iframe>");
        std::fs::write(
            &wrapper,
            format!(
                "<!DOCTYPE html><meta charset=utf-8><body style=margin:0>{frame}<output></output><script>{MEASURE}</script>"
            ),
        )
        .unwrap();
        let document = scraper::Html::parse_document(&self.run(&wrapper, (width, height), &["--dump-dom"]));
        let output = scraper::Selector::parse("output").unwrap();
        let encoded = document.select(&output).next().unwrap().attr("data-layout").expect("the page was loaded");
        let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap();
        let layout: Value = serde_json::from_slice(&decoded).unwrap();
        let requests = layout["requests"].as_array().unwrap().iter();
        Layout {
            width: layout["width"].as_u64().unwrap(),
            height: layout["height"].as_u64().unwrap(),
            text: layout["text"].as_str().unwrap().to_owned(),
            requests: requests.map(|url| url.as_str().unwrap().to_owned()).collect(),
            scripts: layout["scripts"].as_u64().unwrap(),
        }
    }

    /// Writes a picture of a file.
    pub fn screenshot(&self, page: &Path, size: (u32, u32), picture: &Path) {
        self.run(page, size, &[&format!("--screenshot={}", picture.display())]);
    }

    fn run(&self, page: &Path, (width, height): (u32, u32), options: &[&str]) -> String {
        let profile = tempfile::Builder::new().prefix("browser-").tempdir().unwrap();
        let mut command = Command::new(&self.program);
        command.args(OPTIONS).arg(format!("--user-data-dir={}", profile.path().display()));
        command.arg(format!("--window-size={width},{height}")).args(options);
        command.arg(format!("file://{}", page.display())).stdin(Stdio::null());
        let output = command.output().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
