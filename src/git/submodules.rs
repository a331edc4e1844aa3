//! Checks out the submodules of a stamped copy from the source repository's clones of them.

use std::path::{Path, PathBuf};

use super::changes::path_of;
use super::error::Error;
use super::repository::Repository;
use super::stamp_repository::StampRepository;

/// One `[submodule "name"]` of a `.gitmodules`.
struct Submodule {
    name: String,
    path: PathBuf,
}

/// A superproject: where its submodules are cloned from, and where to.
struct Superproject<'a> {
    copy: &'a StampRepository,
    /// The superproject's folder in the copy.
    target: PathBuf,
    /// The same folder, relative to the top of the copy.
    relative: PathBuf,
    /// The folders in the source repository that hold the git folders of submodules.
    modules: Vec<PathBuf>,
    /// The superproject's work tree in the source repository.
    work_tree: Option<PathBuf>,
}

/// Checks out the submodules of `copy` recursively, and returns the sorted paths of empty ones.
///
/// A submodule stays empty when `source` has no clone of it; it is empty in the work tree of `source` too. The URLs in `.gitmodules` are
/// not used: a build does not fetch, and relative URLs would resolve against the copy.
pub(super) fn check_out(source: &Repository, copy: &StampRepository) -> Result<Vec<String>, Error> {
    let modules = vec![source.git_dir().join("modules"), source.common_dir().join("modules")];
    let work_tree = source.work_tree().map(Path::to_owned);
    let mut empty = Vec::new();
    let mut pending =
        vec![Superproject { copy, target: copy.path().to_owned(), relative: PathBuf::new(), modules, work_tree }];
    while let Some(superproject) = pending.pop() {
        for submodule in superproject.submodules()? {
            let relative = superproject.relative.join(&submodule.path);
            match superproject.local_clone(&submodule) {
                Some(git_dir) => {
                    superproject.check_out_one(&submodule, &git_dir)?;
                    pending.push(Superproject {
                        copy,
                        target: superproject.target.join(&submodule.path),
                        relative,
                        modules: vec![git_dir.join("modules")],
                        work_tree: superproject.work_tree.as_ref().map(|top| top.join(&submodule.path)),
                    });
                }
                None => empty.push(relative.display().to_string()),
            }
        }
    }
    empty.sort();
    Ok(empty)
}

impl Superproject<'_> {
    /// The submodules of the commit that is checked out; `.gitmodules` may also name deleted ones.
    fn submodules(&self) -> Result<Vec<Submodule>, Error> {
        if !self.target.join(".gitmodules").is_file() {
            return Ok(Vec::new());
        }
        let pattern = r"^submodule\..*\.path$";
        let tool = self.copy.tool_in(&self.target);
        let output = tool.args(["config", "-z", "--file", ".gitmodules", "--get-regexp", pattern]).output()?;
        let listed = output.stdout.split(|byte| *byte == 0).filter_map(|entry| {
            let at = entry.iter().position(|byte| *byte == b'\n')?;
            let key = std::str::from_utf8(&entry[..at]).ok()?;
            let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
            // Like git, refuses names that resolve outside `modules/`.
            let safe = !name.split(['/', '\\']).any(|part| part == "..");
            safe.then(|| Submodule { name: name.to_owned(), path: path_of(&entry[at + 1..]) })
        });
        let mut present = Vec::new();
        for submodule in listed {
            let entry = self.copy.tool_in(&self.target).env("GIT_LITERAL_PATHSPECS", "1");
            let entry = entry.args(["ls-files", "--stage", "-z", "--"]).arg(&submodule.path).output()?;
            if entry.stdout.starts_with(b"160000 ") {
                present.push(submodule);
            }
        }
        Ok(present)
    }

    /// Returns the git folder of the source repository's clone.
    ///
    /// It is `modules/<name>`, else the submodule's own `.git` folder or the target of its `.git` file.
    ///
    /// git before 1.7.8 created a `.git` folder in each submodule.
    fn local_clone(&self, submodule: &Submodule) -> Option<PathBuf> {
        let is_repository = |path: &PathBuf| path.join("HEAD").is_file() && path.join("objects").is_dir();
        let in_modules = self.modules.iter().map(|folder| folder.join(&submodule.name)).find(is_repository);
        let in_place = || {
            let dot_git = self.work_tree.as_ref()?.join(&submodule.path).join(".git");
            if dot_git.is_dir() {
                return Some(dot_git);
            }
            let text = std::fs::read_to_string(&dot_git).ok()?;
            Some(dot_git.parent()?.join(text.trim_end().strip_prefix("gitdir: ")?))
        };
        in_modules.or_else(|| in_place().filter(is_repository))
    }

    fn check_out_one(&self, submodule: &Submodule, git_dir: &Path) -> Result<(), Error> {
        let git = || self.copy.tool_in(&self.target);
        let key = |name: &str| format!("submodule.{}.{name}", submodule.name);
        git().args(["config", "--local", &key("url")]).arg(git_dir).checked()?;
        git().args(["config", "--local", &key("active"), "true"]).checked()?;
        git().args(["config", "--local", &key("update"), "checkout"]).checked()?;
        // `apply_changes` may change files in a submodule; version providers must not report the copy as dirty because of that.
        git().args(["config", "--local", &key("ignore"), "dirty"]).checked()?;
        let update = ["submodule", "--quiet", "update", "--init", "--checkout", "--"];
        git().args(update).arg(&submodule.path).checked()?;
        Ok(())
    }
}
