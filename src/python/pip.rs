//! Downloads with pip, from the index that the user has configured for it.

use std::path::Path;

use super::error::Error;
use super::interpreter::with_module;
use crate::system::environment::Environment;
use crate::system::process::Tool;

/// A file to download, without its dependencies.
#[derive(Debug, Clone, Copy)]
pub struct DownloadRequest<'a> {
    /// `git-devpi==0.1.0`
    pub requirement: &'a str,
    /// Another platform than this one: `win_amd64`.
    pub platform: Option<&'a str>,
    /// The folder for the file.
    pub folder: &'a Path,
}

/// Downloads a wheel.
pub fn download_wheel(environment: &Environment, request: DownloadRequest<'_>) -> Result<(), Error> {
    let python = with_module(environment, "pip").ok_or(Error::NoPip)?;
    let mut tool =
        Tool::new(python).args(["-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps"]);
    tool = tool.args(["--only-binary", ":all:", "--dest"]).arg(request.folder);
    if let Some(platform) = request.platform {
        tool = tool.args(["--platform", platform]);
    }
    let tool = tool.arg(request.requirement).without_env(environment.secret_names());
    let command = tool.display();
    let output = tool.output()?;
    if output.success() {
        return Ok(());
    }
    Err(Error::DownloadFailed { command, status: output.status, output: output.error_text() })
}
