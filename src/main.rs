//! The binary `git-devpi`.

fn main() -> std::process::ExitCode {
    git_devpi::cli::run(std::env::args_os().collect())
}
