//! Floor 5.
/// Runs one command.
pub fn run(_arguments: Vec<std::ffi::OsString>) -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
