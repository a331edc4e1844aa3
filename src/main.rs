//! The binary: arguments in, exit code out.

fn main() -> std::process::ExitCode {
    git_devpi::cli::run(std::env::args_os().collect())
}
