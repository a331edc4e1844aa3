//! Completions of bash, zsh and fish, in the shells themselves: Tab is pressed in a pseudo-terminal.

use std::path::Path;

use crate::support::Sandbox;

/// Reads the installed script in bash without bash-completion.
const SOURCE: &str = "source ~/.local/share/bash-completion/completions/git-devpi";

/// A shell with the completions, in a repository.
struct Shell {
    sandbox: Sandbox,
    start: Vec<String>,
}

impl Shell {
    /// bash reads only the start-up file `setup`.
    fn bash(setup: &str) -> Self {
        let mut shell = Self::new();
        let file = shell.write_setup("setup.bash", setup);
        shell.start = ["bash", "--rcfile", &file, "-i"].map(str::to_owned).to_vec();
        shell.install("bash");
        shell
    }

    /// zsh reads only the start-up file that a user has after our hint.
    fn zsh() -> Self {
        let mut shell = Self::new();
        let installed = shell.install("zsh");
        let folder = installed.trim_end_matches("/_git-devpi");
        let setup = format!("fpath=('{folder}' $fpath)\nautoload -Uz compinit\ncompinit -u -D");
        shell.write_setup(".zshrc", &setup);
        shell.sandbox.set("ZDOTDIR", shell.sandbox.path("home").to_str().unwrap());
        shell.start = ["zsh", "-d", "-i"].map(str::to_owned).to_vec();
        shell
    }

    fn new() -> Self {
        let mut sandbox = Sandbox::new();
        let work = sandbox.repository("work");
        sandbox.set("TERM", "xterm").set("COLUMNS", "200").set("LINES", "50");
        sandbox.commit_all(&work, "First");
        sandbox.git(&work, &["branch", "feature/x-ray"]).ok();
        let other = sandbox.repository("other");
        sandbox.git(&other, &["checkout", "--quiet", "-b", "elsewhere"]).ok();
        sandbox.commit_all(&other, "First");
        Self { sandbox, start: Vec::new() }
    }

    fn write_setup(&self, name: &str, setup: &str) -> String {
        let home = self.sandbox.path("home");
        self.sandbox.write(&home, name, &format!("{setup}\nPS1='READY> '\n"));
        home.join(name).to_str().unwrap().to_owned()
    }

    fn install(&self, shell: &str) -> String {
        self.sandbox.devpi(&self.sandbox.path("work"), &["completions", shell, "--install"]).ok().text().to_owned()
    }

    /// Types `line` and Tab, and waits until the terminal shows `expected`.
    #[track_caller]
    fn completes(&self, line: &str, expected: &str) {
        let words: Vec<&str> = self.start.iter().map(String::as_str).collect();
        // Ctrl-U removes the line.
        let script = [("READY> ", &*format!("{line}\t")), (expected, "\u{15}exit 0\n")];
        self.sandbox.on_terminal(&self.sandbox.path("work"), &words, &script).ok();
    }
}

/// Whether a shell is installed. A missing one is reported past the capture of the test's output.
fn is_installed(shell: &str) -> bool {
    let found = std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(shell).is_file());
    if !found {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("{shell} is not installed: its completions are not tested\n").as_bytes(),
        );
    }
    found
}

/// The values that the program proposes for the last of `words`.
#[track_caller]
fn candidates(sandbox: &Sandbox, folder: &Path, words: &[&str]) -> Vec<String> {
    let position = (words.len() - 1).to_string();
    let run = sandbox.run(folder, "git-devpi", &[&["complete", &position, "--"], words].concat()).ok();
    run.text().lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

#[test]
fn verbs_flags_and_values_are_proposed_and_hidden_verbs_are_not() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let of = |words: &[&str]| candidates(&sandbox, &home, words);
    assert_eq!(of(&["git-devpi", "st"]), ["status", "stamp"]);
    assert_eq!(of(&["git-devpi", "ho"]), ["hooks"]);
    assert!(!of(&["git-devpi", ""]).iter().any(|verb| verb == "complete"));
    assert_eq!(of(&["git-devpi", "env", "--shell", "f"]), ["fish"]);
    assert_eq!(of(&["git-devpi", "env", "--shell=d"]), ["--shell=dotenv"]);
    assert_eq!(of(&["git-devpi", "--json", "index", "re"]), ["restore"]);
    assert_eq!(of(&["git-devpi", "promote", "--lat"]), ["--latest-green"]);
    assert_eq!(of(&["git-devpi", "man", "wo"]), ["workflow"]);
    assert_eq!(of(&["git-devpi", "hooks", "install", "--mode", ""]), ["config", "file"]);
}

#[test]
fn names_of_the_repository_are_proposed() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare_remote("remote.git");
    let work = sandbox.clone_of(&remote, "work");
    sandbox.write(&work, "pyproject.toml", "[project]\nname = \"shiny\"\nversion = \"1.0\"\n[tool.git-devpi]\nserver = \"https://devpi.example/\"\nuser = \"acme\"\nproduction = \"live/prod\"\nrequire = [\"unit\", \"it's\"]\n");
    sandbox.commit_all(&work, "First");
    sandbox.git(&work, &["push", "--quiet", "origin", "HEAD:main", "HEAD:remote/only"]).ok();
    sandbox.git(&work, &["branch", "local/only"]).ok();
    let of = |words: &[&str]| candidates(&sandbox, &work, words);
    assert_eq!(of(&["git-devpi", "--branch", ""]), ["local/only", "main", "remote/only"]);
    assert_eq!(of(&["git-devpi", "status", "--project", ""]), ["shiny"]);
    assert_eq!(of(&["git-devpi", "login", "h"]), ["https://devpi.example/"]);
    assert_eq!(of(&["git-devpi", "--user", ""]), ["acme"]);
    assert_eq!(of(&["git-devpi", "index", "show", "l"]), ["live/prod"]);
    assert_eq!(of(&["git-devpi", "test", "-e", ""]), ["it's", "unit"]);
    sandbox.write(&work, "tox.ini", "[tox]\nenv_list = py3{11,12}, unit\n");
    assert_eq!(of(&["git-devpi", "test", "-e", ""]), ["it's", "py311", "py312", "unit"]);
    // Outside of a repository, and with settings that cannot be read, there is nothing to propose, and no error.
    assert_eq!(candidates(&sandbox, &sandbox.path("home"), &["git-devpi", "--branch", ""]), [""; 0]);
    sandbox.write(&work, "pyproject.toml", "[tool.git-devpi\n");
    assert_eq!(of(&["git-devpi", "--branch", ""]), [""; 0]);
}

#[test]
fn bash_completes_our_command() {
    let shell = Shell::bash(SOURCE);
    std::fs::create_dir(shell.sandbox.path("work/two words")).unwrap();
    for name in ["evil$(touch${IFS}HACKED)`touch${IFS}HACKED`", "quo'te$(touch${IFS}HACKED)"] {
        shell.sandbox.git(&shell.sandbox.path("work"), &["update-ref", &format!("refs/heads/{name}"), "HEAD"]).ok();
    }
    for (line, expected) in [
        ("git-devpi ho", "git-devpi hooks "),
        ("git-devpi env --shell p", "git-devpi env --shell powershell "),
        ("git-devpi env --shell=g", "git-devpi env --shell=github "),
        ("git-devpi env --branch=fea", "git-devpi env --branch=feature/x-ray "),
        ("git-devpi --branch fea", "git-devpi --branch feature/x-ray "),
        ("git-devpi build --out tw", r"git-devpi build --out two\ words/"),
        ("git-devpi build --out 'tw", "git-devpi build --out 'two words/"),
        ("git-devpi --branch \"fea", "git-devpi --branch \"feature/x-ray\" "),
        // What the names say is not run.
        ("git-devpi --branch \"ev", r#"git-devpi --branch "evil\$(touch\${IFS}HACKED)\`touch\${IFS}HACKED\`" "#),
        ("git-devpi --branch 'q", r"git-devpi --branch 'quo'\''te$(touch${IFS}HACKED)' "),
        ("git-devpi --branch ev", r"git-devpi --branch evil\$\(touch\$\{IFS\}HACKED\)\`touch\$\{IFS\}HACKED\` "),
    ] {
        shell.completes(line, expected);
    }
}

#[test]
fn the_bash_completion_of_git_completes_our_command() {
    const GIT: &str = "/usr/share/bash-completion/completions/git";
    if !Path::new(GIT).is_file() {
        // What git calls, without git.
        let shell = Shell::bash("");
        let call = "words=(git -C . devpi env --shell=g) cword=5 __git_cmd_idx=3 __git_C_args=(-C .); _git_devpi";
        let script = format!("{SOURCE}; {call}; echo \"${{COMPREPLY[*]% }}\"");
        assert_eq!(shell.sandbox.run(&shell.sandbox.path("work"), "bash", &["-c", &script]).ok().text(), "github");
        return;
    }
    let shell = Shell::bash(&format!("source {GIT}; {SOURCE}"));
    for (line, expected) in [
        ("git dev", "git devpi "),
        ("git devpi ho", "git devpi hooks "),
        ("git devpi env --shell p", "git devpi env --shell powershell "),
        ("git devpi env --shell=g", "git devpi env --shell=github "),
        ("git -C ../other devpi --branch e", "git -C ../other devpi --branch elsewhere "),
    ] {
        shell.completes(line, expected);
    }
}

#[test]
fn zsh_completes_our_command_and_that_of_git() {
    if !is_installed("zsh") {
        return;
    }
    let shell = Shell::zsh();
    for (line, expected) in [
        ("git-devpi ho", "oks"),
        ("git-devpi env --shell p", "owershell"),
        ("git-devpi env --shell=g", "ithub"),
        ("git-devpi env --shell ", "Lines for the file that GITHUB_ENV names"),
        ("git-devpi --branch fea", "ture/x-ray"),
        ("git dev", "pi"),
        ("git devpi ho", "oks"),
        ("git devpi env --shell p", "owershell"),
    ] {
        shell.completes(line, expected);
    }
}

#[test]
fn fish_completes_our_command_and_that_of_git() {
    if !is_installed("fish") {
        return;
    }
    let shell = Shell::new();
    assert!(shell.install("fish").ends_with("/.config/fish/conf.d/git-devpi.fish"));
    for (line, expected) in [
        ("git-devpi ho", "hooks"),
        ("git-devpi env --shell p", "powershell"),
        ("git-devpi env --shell=g", "--shell=github"),
        ("git-devpi --branch fea", "feature/x-ray"),
        ("git dev", "devpi"),
        ("git devpi ho", "hooks"),
        ("git devpi env --shell p", "powershell"),
        ("git -C ../other devpi --branch e", "elsewhere"),
    ] {
        let command = format!("complete --do-complete '{line}'");
        let run = shell.sandbox.run(&shell.sandbox.path("work"), "fish", &["--command", &command]).ok();
        let values: Vec<&str> = run.text().lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(values, [expected], "{line}");
    }
}

#[test]
fn scripts_are_printed_and_installed_where_the_shell_reads_them() {
    let mut sandbox = Sandbox::new();
    let home = sandbox.path("home");
    sandbox.set("BASH_COMPLETION_USER_DIR", home.join("own").to_str().unwrap());
    let printed = sandbox.devpi(&home, &["completions", "bash"]).ok();
    let installed = sandbox.devpi(&home, &["completions", "bash", "--install", "--json"]).ok();
    let path = installed.json()["path"].as_str().unwrap().to_owned();
    assert_eq!(Path::new(&path), home.join("own/completions/git-devpi"));
    assert_eq!(std::fs::read_to_string(path).unwrap(), printed.stdout);
    sandbox.devpi(&home, &["completions", "zsh", "--install"]).ok().says("fpath=(");
    let powershell = sandbox.devpi(&home, &["completions", "powershell"]).ok();
    assert!(
        powershell.text().contains("Register-ArgumentCompleter") && powershell.text().contains("'git-devpi;hooks'")
    );
    assert!(!powershell.text().contains("'git-devpi;hook'"), "{}", powershell.text());
    sandbox.devpi(&home, &["completions", "elvish", "--install"]).code(2).says("git devpi completions elvish");
    sandbox.unset("HOME").unset("USERPROFILE");
    sandbox.devpi(&home, &["completions", "fish", "--install"]).ok();
    sandbox.unset("XDG_CONFIG_HOME");
    sandbox.devpi(&home, &["completions", "fish", "--install"]).code(3).says("no home folder");
}
