//! The layout of a project as data, and the expected contents of its builds.

use std::path::{Path, PathBuf};

use super::inspect::{Archive, state};
use crate::support::Sandbox;

/// The project `demo-pkg` at 1.4 with one version source.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The files of the repository.
    files: &'static [(&'static str, &'static str)],
    /// A tag on the first commit, for projects with the version in tags.
    tag: &'static str,
    /// A tag on the second commit that is no version of this project.
    other_tag: &'static str,
    /// Files of wheel and sdist and the text that they must contain; `{}` is the version.
    contains: &'static [(&'static str, &'static str)],
    /// The same for the wheel alone.
    wheel_contains: &'static [(&'static str, &'static str)],
    /// The same for the sdist alone.
    sdist_contains: &'static [(&'static str, &'static str)],
    /// `{base}` in the templates, if the version in the repository has more than two components.
    base: &'static str,
    /// A command that writes more files, before the first commit.
    prepare: &'static [&'static str],
    /// The setting `builder`; empty: uv.
    builder: &'static str,
}

/// A kind of build, with its expected version.
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

/// A layout with these files; [`Layout::tagged`] and the other methods add the rest.
pub const fn layout(files: &'static [(&'static str, &'static str)]) -> Layout {
    Layout {
        files,
        tag: "",
        other_tag: "",
        contains: &[],
        wheel_contains: &[],
        sdist_contains: &[],
        base: "",
        prepare: &[],
        builder: "",
    }
}

impl Layout {
    /// With a tag on the first commit.
    pub const fn tagged(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// With a nearer tag that the project's patterns do not take.
    pub const fn beside(mut self, other_tag: &'static str) -> Self {
        self.other_tag = other_tag;
        self
    }

    /// With texts that files of wheel and sdist must contain.
    pub const fn contains(mut self, contains: &'static [(&'static str, &'static str)]) -> Self {
        self.contains = contains;
        self
    }

    /// With texts that files of the wheel must contain.
    pub const fn wheel_contains(mut self, contains: &'static [(&'static str, &'static str)]) -> Self {
        self.wheel_contains = contains;
        self
    }

    /// With texts that files of the sdist must contain.
    pub const fn sdist_contains(mut self, contains: &'static [(&'static str, &'static str)]) -> Self {
        self.sdist_contains = contains;
        self
    }

    /// With another `{base}` in the templates: Cargo requires three components.
    pub const fn base(mut self, base: &'static str) -> Self {
        self.base = base;
        self
    }

    /// With a command that writes more files.
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
        sandbox.write(&folder, "ignored", "ignored by git");
        sandbox.commit_all(&folder, "First");
        if !self.tag.is_empty() {
            sandbox.git(&folder, &["tag", self.tag]).ok();
            sandbox.write(&folder, "CHANGES", "after the tag\n");
            sandbox.commit_all(&folder, "Second");
            if !self.other_tag.is_empty() {
                sandbox.git(&folder, &["tag", self.other_tag]).ok();
            }
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

    /// Builds a wheel as a release and an sdist for a branch: both formats and both versions in two builds instead of four.
    #[track_caller]
    pub fn check(&self) {
        self.check_each(&[Build::Release, Build::Branch]);
    }

    /// The same, and a build without a number: for backends that pass the version to tools other than Python's.
    #[track_caller]
    pub fn check_with_local(&self) {
        self.check_each(&[Build::Release, Build::Branch, Build::Local]);
    }

    #[track_caller]
    fn check_each(&self, builds: &[Build]) {
        let mut sandbox = Sandbox::with_tools();
        // maturin needs rustup, which finds its toolchains in the home folder.
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
                    Some(end) if end == "whl" => self.check_wheel(&Archive::read(&sandbox, file), file, &version),
                    _ => self.check_sdist(&Archive::read(&sandbox, file), file, &version),
                }
            }
            assert_eq!(std::fs::read_dir(&out).unwrap().count(), files.len());
            assert_eq!(state(&sandbox, &work), before, "the work tree has changed");
        }
    }

    #[track_caller]
    fn check_wheel(&self, wheel: &Archive, path: &Path, version: &str) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(&format!("demo_pkg-{version}-")) && name.ends_with(".whl"), "{name}");
        let contains = [self.contains, self.wheel_contains].concat();
        check_inside(wheel, &contains, version);
        let info = format!("demo_pkg-{version}.dist-info/RECORD");
        assert!(wheel.files.contains_key(&info), "{info} in {:?}", wheel.files.keys());
    }

    #[track_caller]
    fn check_sdist(&self, sdist: &Archive, path: &Path, version: &str) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, format!("demo_pkg-{version}.tar.gz"));
        check_inside(sdist, &[self.contains, self.sdist_contains].concat(), version);
    }
}

#[track_caller]
fn check_inside(archive: &Archive, contains: &[(&str, &str)], version: &str) {
    assert_eq!(archive.version, version);
    assert_eq!(archive.name.to_lowercase().replace(['_', '.'], "-"), "demo-pkg");
    for (file, text) in contains {
        let text = text.replace("{}", version);
        let inside = archive.text(file);
        assert!(inside.contains(&text), "{text} is not in {file}:\n{inside}");
    }
}

impl Build {
    /// The arguments for this build.
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
