//! Submodules of a stamped copy, filled from the clones of them that the user's repository has.

use std::path::{Path, PathBuf};

use super::changes::path_of;
use super::clone::StampRepository;
use super::{Error, Repository};

/// One `[submodule "name"]` of a `.gitmodules`.
struct Submodule {
    name: String,
    path: PathBuf,
}

/// Where the submodules of one level are cloned from, and to.
struct Level<'a> {
    copy: &'a StampRepository,
    /// The superproject in the copy, and its path below the top of the copy.
    target: PathBuf,
    below: PathBuf,
    /// The superproject in the user's repository: its git folders, and its work tree.
    modules: Vec<PathBuf>,
    work_tree: Option<PathBuf>,
}

/// Fills the submodules of `copy`, those of submodules included. Gives the paths of those that stay empty: the repository has no clone
/// of them, so they are empty in its own work tree too. (The URLs in `.gitmodules` are never used: no network, and relative ones would
/// lead nowhere from here.)
pub(super) fn fill(source: &Repository, copy: &StampRepository) -> Result<Vec<String>, Error> {
    let modules = vec![source.git_dir().join("modules"), source.common_dir().join("modules")];
    let work_tree = source.work_tree().map(Path::to_owned);
    let mut empty = Vec::new();
    let mut levels = vec![Level { copy, target: copy.path().to_owned(), below: PathBuf::new(), modules, work_tree }];
    while let Some(level) = levels.pop() {
        for submodule in level.submodules()? {
            let below = level.below.join(&submodule.path);
            match level.local_clone(&submodule) {
                Some(git_dir) => {
                    level.fill_one(&submodule, &git_dir)?;
                    levels.push(Level {
                        copy,
                        target: level.target.join(&submodule.path),
                        below,
                        modules: vec![git_dir.join("modules")],
                        work_tree: level.work_tree.as_ref().map(|top| top.join(&submodule.path)),
                    });
                }
                None => empty.push(below.display().to_string()),
            }
        }
    }
    empty.sort();
    Ok(empty)
}

impl Level<'_> {
    /// The submodules that the check-out has (`.gitmodules` may name others, which are no longer there).
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
            // git itself refuses names that lead out of `modules/`; so do we.
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

    /// The git folder of the clone that the user's repository has: `modules/<name>`, or `.git` in the submodule's own folder (as old
    /// versions of git made it, or as `.git` file).
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

    fn fill_one(&self, submodule: &Submodule, git_dir: &Path) -> Result<(), Error> {
        let git = || self.copy.tool_in(&self.target);
        let key = |name: &str| format!("submodule.{}.{name}", submodule.name);
        git().args(["config", "--local", &key("url")]).arg(git_dir).checked()?;
        git().args(["config", "--local", &key("active"), "true"]).checked()?;
        git().args(["config", "--local", &key("update"), "checkout"]).checked()?;
        // What a dirty work tree changes in a submodule is built, and must not make version providers call the copy dirty.
        git().args(["config", "--local", &key("ignore"), "dirty"]).checked()?;
        let update = ["submodule", "--quiet", "update", "--init", "--checkout", "--"];
        git().args(update).arg(&submodule.path).checked()?;
        Ok(())
    }
}
