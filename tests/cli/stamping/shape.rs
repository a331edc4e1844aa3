//! A shape of a project as data, and what has to come out of it.

use std::path::{Path, PathBuf};

use super::inspect::{Opened, state};
use crate::support::Sandbox;

/// A project with one way of keeping its version, `demo-pkg` at 1.4.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The files of the repository.
    files: &'static [(&'static str, &'static str)],
    /// A tag on the first commit, for projects that keep their version in tags.
    tag: &'static str,
    /// Files of wheel and sdist that must hold a text; `{}` is the version.
    holds: &'static [(&'static str, &'static str)],
    /// The same for the wheel alone.
    wheel_holds: &'static [(&'static str, &'static str)],
    /// The same for the sdist alone.
    sdist_holds: &'static [(&'static str, &'static str)],
    /// The base in the templates, where the version in the repository has more components than two.
    base: &'static str,
    /// A command that writes more files, before the first commit.
    prepare: &'static [&'static str],
    /// The setting `builder`; empty: uv.
    builder: &'static str,
}

/// Which build, and what it must be called.
#[derive(Debug, Clone, Copy)]
pub enum Build {
    /// Number 57 of main: `1.4.57`.
    Release,
    /// Number 57 of a branch: `1.4.57.dev0`.
    Branch,
    /// Without a number: `1.4.dev0+g1234abcd`.
    Local,
}

/// A `pyproject.toml`: the backend, what it requires, and the rest.
macro_rules! pyproject {
    ($backend:literal, $requires:literal, $rest:literal) => {
        (
            "pyproject.toml",
            concat!(
                "[build-system]\nrequires = [",
                $requires,
                "]\nbuild-backend = \"",
                $backend,
                "\"\n[project]\nname = \"demo-pkg\"\n",
                $rest
            ),
        )
    };
}
pub(super) use pyproject;

/// The files of a shape; the rest follows with [`Shape::tagged`] and its like.
pub const fn shape(files: &'static [(&'static str, &'static str)]) -> Shape {
    Shape { files, tag: "", holds: &[], wheel_holds: &[], sdist_holds: &[], base: "", prepare: &[], builder: "" }
}

impl Shape {
    /// With a tag on the first commit.
    pub const fn tagged(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// With a text that `file` must hold in wheel and sdist.
    pub const fn holds(mut self, holds: &'static [(&'static str, &'static str)]) -> Self {
        self.holds = holds;
        self
    }

    /// With a text that `file` must hold in the wheel.
    pub const fn wheel_holds(mut self, holds: &'static [(&'static str, &'static str)]) -> Self {
        self.wheel_holds = holds;
        self
    }

    /// With a text that `file` must hold in the sdist.
    pub const fn sdist_holds(mut self, holds: &'static [(&'static str, &'static str)]) -> Self {
        self.sdist_holds = holds;
        self
    }

    /// With `{base}` written otherwise in the templates: Cargo demands three components.
    pub const fn base(mut self, base: &'static str) -> Self {
        self.base = base;
        self
    }

    /// With the files that a command writes.
    pub const fn prepared(mut self, prepare: &'static [&'static str]) -> Self {
        self.prepare = prepare;
        self
    }

    /// Built by another builder than uv.
    pub const fn built_by(mut self, builder: &'static str) -> Self {
        self.builder = builder;
        self
    }

    /// The repository, committed and tagged.
    pub fn repository(&self, sandbox: &Sandbox) -> PathBuf {
        let folder = sandbox.repository("work");
        for (name, text) in self.files {
            sandbox.write(&folder, name, text);
        }
        if let Some((program, arguments)) = self.prepare.split_first() {
            sandbox.run(&folder, program, arguments).ok();
        }
        sandbox.write(&folder, ".gitignore", "/ignored\n");
        sandbox.write(&folder, "ignored", "by git, and nobody's business");
        sandbox.commit_all(&folder, "First");
        if !self.tag.is_empty() {
            sandbox.git(&folder, &["tag", self.tag]).ok();
            sandbox.write(&folder, "CHANGES", "after the tag\n");
            sandbox.commit_all(&folder, "Second");
        }
        sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
        let builder = if self.builder.is_empty() { "uv" } else { self.builder };
        sandbox.git(&folder, &["config", "devpi.builder", builder]).ok();
        if !self.base.is_empty() {
            for (key, rest) in [("release", ".{number}"), ("branch", ".{number}.dev0"), ("local", ".dev0+g{commit}")] {
                let template = format!("{}{rest}", self.base);
                sandbox.git(&folder, &["config", &format!("devpi.{key}Version"), &template]).ok();
            }
        }
        folder
    }

    /// Builds the project's wheel as a release and its sdist for a branch: both formats and both versions in half the time of all four.
    #[track_caller]
    pub fn check(&self) {
        self.check_each(&[Build::Release, Build::Branch]);
    }

    /// The same, and a build without a number: for those who pass the version on to others than Python.
    #[track_caller]
    pub fn check_with_local(&self) {
        self.check_each(&[Build::Release, Build::Branch, Build::Local]);
    }

    #[track_caller]
    fn check_each(&self, builds: &[Build]) {
        let mut sandbox = Sandbox::with_tools();
        // For maturin: rustup finds its toolchains in a home.
        let home = || std::env::home_dir().map(|home| home.join(".rustup").into_os_string());
        if let Some(rustup) = std::env::var_os("RUSTUP_HOME").or_else(home) {
            sandbox.set("RUSTUP_HOME", rustup.to_str().unwrap());
        }
        let work = self.repository(&sandbox);
        let before = state(&sandbox, &work);
        for build in builds {
            let version = build.version(&sandbox, &work);
            let out = sandbox.path(&format!("{build:?}"));
            let formats = format!("devpi.formats={}", build.formats());
            let words = ["-c", &formats, "devpi", "build", "--out", out.to_str().unwrap()];
            let run = sandbox.git(&work, &[&words, build.words()].concat()).ok();
            let files: Vec<&Path> = run.text().lines().map(Path::new).collect();
            assert_eq!(files.len(), build.formats().split(',').count(), "{run}");
            for file in &files {
                match file.extension() {
                    Some(end) if end == "whl" => self.check_wheel(&Opened::read(&sandbox, file), file, &version),
                    _ => self.check_sdist(&Opened::read(&sandbox, file), file, &version),
                }
            }
            assert_eq!(std::fs::read_dir(&out).unwrap().count(), files.len());
            assert_eq!(state(&sandbox, &work), before, "the work tree has changed");
        }
    }

    #[track_caller]
    fn check_wheel(&self, wheel: &Opened, path: &Path, version: &str) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("demo_pkg-{version}-")) && name.ends_with(".whl"), "{name}");
        let holds = [self.holds, self.wheel_holds].concat();
        check_inside(wheel, &holds, version);
        let info = format!("demo_pkg-{version}.dist-info/RECORD");
        assert!(wheel.files.contains_key(&info), "{info} in {:?}", wheel.files.keys());
    }

    #[track_caller]
    fn check_sdist(&self, sdist: &Opened, path: &Path, version: &str) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, format!("demo_pkg-{version}.tar.gz"));
        check_inside(sdist, &[self.holds, self.sdist_holds].concat(), version);
    }
}

#[track_caller]
fn check_inside(opened: &Opened, holds: &[(&str, &str)], version: &str) {
    assert_eq!(opened.version, version);
    assert_eq!(opened.name.to_lowercase().replace(['_', '.'], "-"), "demo-pkg");
    for (file, text) in holds {
        let text = text.replace("{}", version);
        let inside = opened.text(file);
        assert!(inside.contains(&text), "{text} is not in {file}:\n{inside}");
    }
}

impl Build {
    /// The words that ask for it.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Release => &["--number", "57", "--branch", "main"],
            Self::Branch => &["--number", "57", "--branch", "feature/x"],
            Self::Local => &[],
        }
    }

    fn formats(self) -> &'static str {
        match self {
            Self::Release | Self::Local => "wheel",
            Self::Branch => "sdist",
        }
    }

    fn version(self, sandbox: &Sandbox, work: &Path) -> String {
        match self {
            Self::Release => "1.4.57".to_owned(),
            Self::Branch => "1.4.57.dev0".to_owned(),
            Self::Local => {
                let commit = sandbox.git(work, &["rev-parse", "--short=8", "HEAD"]).ok();
                format!("1.4.dev0+g{}", commit.text())
            }
        }
    }
}
