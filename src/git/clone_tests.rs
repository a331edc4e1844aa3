//! Stamped copies of real repositories.

use std::path::{Path, PathBuf};

use super::testing::Sandbox;
use super::{CloneOptions, Error, StampRepository, Submodules};
use crate::model::names::CommitId;

const WITH_SUBMODULES: CloneOptions = CloneOptions { submodules: Submodules::CheckOut };

fn copy_of(sandbox: &Sandbox, folder: &Path, commit: &CommitId) -> StampRepository {
    sandbox.open(folder).clone_commit(commit, &sandbox.path().join("out/copy"), WITH_SUBMODULES).unwrap()
}

fn read(copy: &StampRepository, path: &str) -> String {
    std::fs::read_to_string(copy.path().join(path)).unwrap()
}

#[test]
fn a_copy_is_stamped_without_a_trace_in_the_source() {
    let sandbox = Sandbox::new();
    for format in ["sha1", "sha256"] {
        sandbox.git(sandbox.path(), &["init", "-q", "--object-format", format, format]);
        let top = sandbox.path().join(format);
        let first = sandbox.commit(&top, "VERSION", "1.4\n");
        sandbox.git(&top, &["tag", "-m", "x", "v1.4.0"]);
        sandbox.commit(&top, "VERSION", "1.5\n");
        let hook = top.join(".git/hooks/pre-commit");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
        for (key, value) in [("commit.gpgSign", "true"), ("tag.gpgSign", "true"), ("gpg.program", "false")] {
            sandbox.git(&top, &["config", "--global", key, value]);
        }
        sandbox.git(&top, &["config", "--global", "core.hooksPath", hook.parent().unwrap().to_str().unwrap()]);
        let before = sandbox.git(&top, &["for-each-ref"]);
        let destination = sandbox.path().join("out").join(format);
        let repository = sandbox.open(&top);
        let copy = repository.clone_commit(&first, &destination, WITH_SUBMODULES).unwrap();
        assert_eq!((read(&copy, "VERSION").as_str(), copy.time()), ("1.4\n", 1_704_164_645));
        std::fs::write(destination.join("VERSION"), "1.4.77\n").unwrap();
        let stamp = copy.commit_all("stamp").unwrap();
        copy.tag("v1.4.77").unwrap();
        assert_eq!(sandbox.git(&destination, &["log", "-1", "--format=%ct %at %an %P"]), {
            format!("1704164645 1704164645 git-devpi {first}")
        });
        assert_eq!(sandbox.git(&destination, &["describe", "--tags", "--exact-match"]), "v1.4.77");
        copy.tag("v1.4.0").unwrap();
        assert_eq!(sandbox.tip(&destination, "v1.4.0^{commit}"), stamp, "an existing tag moves");
        assert_eq!(sandbox.git(&destination, &["status", "--porcelain"]), "");
        assert_eq!(sandbox.git(&top, &["for-each-ref"]), before);
        assert!(repository.changes(&[]).unwrap().is_empty());
        for key in ["commit.gpgSign", "tag.gpgSign", "gpg.program", "core.hooksPath"] {
            sandbox.git(&top, &["config", "--global", "--unset", key]);
        }
    }
}

#[test]
fn two_machines_create_the_same_stamp_commit_even_without_an_edit() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    let tip = sandbox.tip(&top, "HEAD");
    let stamp = |name: &str| {
        let copy = sandbox.open(&top).clone_commit(&tip, &sandbox.path().join(name), WITH_SUBMODULES).unwrap();
        copy.commit_all("stamp").unwrap()
    };
    assert_eq!(stamp("a"), stamp("b"));
    assert_ne!(stamp("c"), tip);
}

#[test]
fn commits_that_no_branch_contains_and_shallow_sources_can_be_copied() {
    let sandbox = Sandbox::new();
    let source = sandbox.repository("r");
    sandbox.git(&source, &["tag", "v1"]);
    for number in 1..4 {
        sandbox.commit(&source, "a", &number.to_string());
    }
    let url = format!("file://{}", source.display());
    sandbox.git(sandbox.path(), &["clone", "-q", "--depth=2", &url, "shallow"]);
    let shallow = sandbox.path().join("shallow");
    // A commit on a detached HEAD in a linked worktree, which no branch contains.
    sandbox.git(&shallow, &["worktree", "add", "-q", "--detach", "../linked"]);
    let linked = sandbox.path().join("linked");
    let detached = sandbox.commit(&linked, "detached", "1");
    sandbox.git(&shallow, &["config", "--global", "clone.rejectShallow", "true"]);
    sandbox.git(&shallow, &["config", "--global", "protocol.file.allow", "never"]);
    let copy = copy_of(&sandbox, &linked, &detached);
    assert_eq!((read(&copy, "detached").as_str(), read(&copy, "a").as_str()), ("1", "3"));
    copy.commit_all("stamp").unwrap();
    copy.tag("v2").unwrap();
    // After `reset --hard` HEAD does not contain it either.
    let main = sandbox.tip(&shallow, "main").to_string();
    sandbox.git(&linked, &["reset", "-q", "--hard", &main]);
    let again = sandbox.path().join("again");
    assert!(sandbox.open(&linked).clone_commit(&detached, &again, WITH_SUBMODULES).is_ok());
    let unknown = CommitId::parse(&"ab".repeat(20)).unwrap();
    let error = sandbox.open(&linked).clone_commit(&unknown, &again.join("x"), WITH_SUBMODULES).unwrap_err();
    assert!(matches!(error, Error::NoSuchCommit { .. }), "{error:?}");
}

#[test]
fn the_environment_of_a_hook_does_not_affect_the_copy() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    let tip = sandbox.tip(&top, "HEAD");
    let bare = sandbox.remote_for(&top);
    for folder in [top.join(".git"), bare] {
        let environment = sandbox.environment_with([("GIT_DIR", folder.to_str().unwrap())]);
        let repository = super::Repository::open(&top, &environment).unwrap();
        let destination = sandbox.path().join("out").join(folder.file_name().unwrap());
        let copy = repository.clone_commit(&tip, &destination, WITH_SUBMODULES).unwrap();
        std::fs::write(destination.join("new"), "1").unwrap();
        let stamp = copy.commit_all("stamp").unwrap();
        assert_eq!(sandbox.tip(&destination, "HEAD"), stamp);
        assert_eq!(sandbox.tip(&top, "HEAD"), tip);
        assert_eq!(sandbox.git(&top, &["status", "--porcelain"]), "");
    }
}

/// `r` has the submodule `lib`, which has the submodule `deep`; the remotes of both are gone.
fn nested_submodules(sandbox: &Sandbox) -> PathBuf {
    let add = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add"];
    let deep = sandbox.repository("deep");
    let library = sandbox.repository("library");
    sandbox.git(&library, &[&add[..], &["--name", "a=b c", deep.to_str().unwrap(), "deep er"]].concat());
    sandbox.git(&library, &["commit", "-q", "-m", "deep"]);
    let top = sandbox.repository("r");
    sandbox.git(&top, &[&add[..], &[library.to_str().unwrap(), "lib"]].concat());
    let update = ["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive"];
    sandbox.git(&top, &update);
    sandbox.git(&top, &["config", "-f", ".gitmodules", "submodule.lib.url", "../nowhere.git"]);
    sandbox.git(&top, &["commit", "-q", "-a", "-m", "lib"]);
    std::fs::remove_dir_all(deep).unwrap();
    std::fs::remove_dir_all(library).unwrap();
    top
}

#[test]
fn submodules_come_from_local_clones() {
    let sandbox = Sandbox::new();
    let top = nested_submodules(&sandbox);
    let tip = sandbox.tip(&top, "HEAD");
    let copy = copy_of(&sandbox, &top, &tip);
    assert_eq!(
        (read(&copy, "lib/README").as_str(), read(&copy, "lib/deep er/README").as_str()),
        ("hello\n", "hello\n")
    );
    assert!(copy.empty_submodules().is_empty());
    copy.commit_all("stamp").unwrap();
    assert_eq!(sandbox.git(copy.path(), &["status", "--porcelain"]), "");
    // A clone of the project without its submodules.
    sandbox.git(sandbox.path(), &["clone", "-q", top.to_str().unwrap(), "plain"]);
    let plain = sandbox.open(&sandbox.path().join("plain"));
    let copy = plain.clone_commit(&tip, &sandbox.path().join("out/plain"), WITH_SUBMODULES).unwrap();
    assert_eq!(copy.empty_submodules(), ["lib"]);
    let without = CloneOptions { submodules: Submodules::LeaveEmpty };
    let copy = sandbox.open(&top).clone_commit(&tip, &sandbox.path().join("out/without"), without).unwrap();
    assert!(!copy.path().join("lib/README").exists());
}

#[cfg(unix)]
#[test]
fn uncommitted_changes_are_applied() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let top = nested_submodules(&sandbox);
    for file in ["changed", "gone", "file", "folder/inner", "staged"] {
        sandbox.commit(&top, file, "old\n");
    }
    sandbox.commit(&top, ".gitignore", "*.pyc\n");
    let tip = sandbox.tip(&top, "HEAD");
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(top.join(path).parent().unwrap()).unwrap();
        std::fs::write(top.join(path), text).unwrap();
    };
    write("changed", "new\n");
    std::fs::remove_file(top.join("gone")).unwrap();
    // A file becomes a folder, a folder a link.
    std::fs::remove_file(top.join("file")).unwrap();
    write("file/now", "folder\n");
    std::fs::remove_dir_all(top.join("folder")).unwrap();
    std::os::unix::fs::symlink("changed", top.join("folder")).unwrap();
    write("staged", "new\n");
    sandbox.git(&top, &["add", "staged"]);
    write("untracked/script", "run\n");
    std::fs::set_permissions(top.join("untracked/script"), std::fs::Permissions::from_mode(0o775)).unwrap();
    write("ignored.pyc", "");
    write("lib/README", "changed in the submodule\n");
    write("lib/new", "new in the submodule\n");
    let source = sandbox.open(&top);
    let copy = copy_of(&sandbox, &top, &tip);
    copy.apply_changes(&source, &source.changes(&[]).unwrap()).unwrap();
    copy.commit_all("stamp").unwrap();
    let texts = ["changed", "file/now", "folder", "staged", "lib/README", "lib/new"].map(|path| read(&copy, path));
    let new = "new\n";
    assert_eq!(texts, [new, "folder\n", new, new, "changed in the submodule\n", "new in the submodule\n"]);
    assert_eq!(sandbox.git(copy.path(), &["status", "--porcelain"]), "");
    assert!(copy.path().join("folder").is_symlink());
    assert!(!copy.path().join("gone").exists() && !copy.path().join("ignored.pyc").exists());
    let mode = |path: &str| copy.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("untracked/script"), mode("untracked"), mode("changed")), (0o755, 0o755, 0o644));
    let tracked = sandbox.git(copy.path(), &["ls-files"]);
    assert!(tracked.contains("untracked/script") && tracked.contains("file/now") && !tracked.contains("gone"));
}

#[cfg(unix)]
#[test]
fn a_folder_replaced_by_a_link_does_not_write_outside_the_copy() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    sandbox.commit(&top, "data/a", "old");
    let tip = sandbox.commit(&top, "link/b", "old");
    let outside = sandbox.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("a"), "precious").unwrap();
    std::fs::remove_dir_all(top.join("data")).unwrap();
    std::os::unix::fs::symlink(&outside, top.join("data")).unwrap();
    let source = sandbox.open(&top);
    for name in ["unstaged", "staged"] {
        let copy = source.clone_commit(&tip, &sandbox.path().join(name), WITH_SUBMODULES).unwrap();
        copy.apply_changes(&source, &source.changes(&[]).unwrap()).unwrap();
        assert_eq!(std::fs::read_to_string(outside.join("a")).unwrap(), "precious");
        assert!(copy.path().join("data").is_symlink());
        sandbox.git(&top, &["add", "-A"]);
    }
    // The reverse: the commit has the link, the work tree a folder.
    sandbox.git(&top, &["commit", "-q", "-m", "link"]);
    std::fs::remove_file(top.join("data")).unwrap();
    std::fs::create_dir(top.join("data")).unwrap();
    std::fs::write(top.join("data/a"), "new").unwrap();
    let copy = copy_of(&sandbox, &top, &sandbox.tip(&top, "HEAD"));
    copy.apply_changes(&source, &source.changes(&[]).unwrap()).unwrap();
    assert_eq!((read(&copy, "data/a").as_str(), copy.path().join("data").is_symlink()), ("new", false));
    assert_eq!(std::fs::read_to_string(outside.join("a")).unwrap(), "precious");
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n";

#[test]
fn lfs_pointers_are_refused_unless_a_filter_replaces_them() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    sandbox.commit(&top, "sample.txt", POINTER);
    let plain = sandbox.tip(&top, "HEAD");
    sandbox.commit(&top, "data/b.bin", POINTER);
    let tip = sandbox.commit(&top, ".gitattributes", "*.bin filter=lfs\n");
    let repository = sandbox.open(&top);
    let clone = |commit, name: &str| {
        let copy = repository.clone_commit(commit, &sandbox.path().join(name), WITH_SUBMODULES).unwrap();
        copy.refuse_lfs_pointers(&[std::path::PathBuf::new()])
    };
    assert!(clone(&plain, "plain").is_ok(), "without the attribute it is an ordinary file");
    let error = clone(&tip, "pointers").unwrap_err();
    assert!(matches!(&error, Error::LfsPointers { paths } if paths == &["data/b.bin"]), "{error:?}");
    // The copy uses filters of the repository's own configuration.
    sandbox.git(&top, &["config", "filter.lfs.smudge", "sed s/version.*/real=file/"]);
    let copy = sandbox.open(&top).clone_commit(&tip, &sandbox.path().join("real"), WITH_SUBMODULES).unwrap();
    assert!(copy.refuse_lfs_pointers(&[std::path::PathBuf::new()]).is_ok());
    assert!(read(&copy, "data/b.bin").starts_with("real=file\n"));
}

#[cfg(unix)]
#[test]
fn only_pointers_that_are_used_are_refused() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    std::fs::create_dir(top.join("linked")).unwrap();
    std::os::unix::fs::symlink("../shared", top.join("linked/shared")).unwrap();
    std::fs::create_dir(top.join("shared")).unwrap();
    std::os::unix::fs::symlink("../media", top.join("shared/media")).unwrap();
    sandbox.commit(&top, ".gitattributes", "*.bin filter=lfs\n");
    sandbox.commit(&top, "plain/code.py", "");
    let tip = sandbox.commit(&top, "media/b.bin", POINTER);
    let copy = copy_of(&sandbox, &top, &tip);
    let refused = |folder: &str| copy.refuse_lfs_pointers(&[folder.into()]).is_err();
    assert!(!refused("plain") && !refused("med"));
    assert!(refused("media") && refused("media/b.bin") && refused(""));
    assert!(refused("linked"), "a link of a link leads there");
}

#[test]
fn line_endings_are_those_of_the_source() {
    let sandbox = Sandbox::new();
    let top = sandbox.repository("r");
    let tip = sandbox.tip(&top, "HEAD");
    sandbox.git(&top, &["config", "core.autocrlf", "true"]);
    let copy = copy_of(&sandbox, &top, &tip);
    assert_eq!(read(&copy, "README"), "hello\r\n");
    copy.commit_all("stamp").unwrap();
    assert_eq!(sandbox.git(copy.path(), &["diff", "--stat", "HEAD~1"]), "");
}

#[test]
fn a_partial_clone_can_be_copied() {
    let sandbox = Sandbox::new();
    let source = sandbox.repository("r");
    sandbox.git(&source, &["config", "uploadpack.allowFilter", "true"]);
    let old = sandbox.commit(&source, "README", "old\n");
    let tip = sandbox.commit(&source, "README", "new\n");
    let url = format!("file://{}", source.display());
    for filter in ["blob:none", "tree:0"] {
        let folder = sandbox.path().join(filter);
        sandbox.git(sandbox.path(), &["clone", "-q", "--filter", filter, &url, filter]);
        for (commit, text) in [(&tip, "new\n"), (&old, "old\n")] {
            let repository = sandbox.open(&folder);
            let destination = sandbox.path().join(format!("{filter}-{commit}"));
            let copy = repository.clone_commit(commit, &destination, WITH_SUBMODULES).unwrap();
            assert_eq!(read(&copy, "README"), text);
            copy.commit_all("stamp").unwrap();
            assert_eq!(repository.tree_file(commit, "README").unwrap().unwrap(), text.as_bytes());
        }
    }
}
