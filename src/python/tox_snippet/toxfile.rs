//! `toxfile.py`: the plugin that tox 4 loads from the folder of its configuration.

/// The file name, in the folder of tox's configuration.
pub(super) const FILE_NAME: &str = "toxfile.py";

/// The plugin: one hook between two marker comments.
pub(super) const TOXFILE: &str = include_str!("toxfile.py");

const BEGIN: &str = "# git-devpi: begin";
const END: &str = "# git-devpi: end\n";

/// Adds our hook or updates an older one; the error is the reason why it cannot be added.
pub(super) fn edit(before: Option<&str>) -> Result<String, String> {
    let Some(before) = before.filter(|text| !text.trim().is_empty()) else { return Ok(TOXFILE.to_owned()) };
    let unix = before.replace("\r\n", "\n");
    if let Some(begin) = unix.find(BEGIN) {
        let Some(length) = unix[begin..].find(END) else {
            return Err("contains the start of git-devpi's hook but not its end".to_owned());
        };
        let end = begin + length + END.len();
        return Ok(if &unix[begin..end] == TOXFILE {
            before.to_owned()
        } else {
            format!("{}{TOXFILE}{}", &unix[..begin], &unix[end..])
        });
    }
    if unix.contains("tox_after_run_commands") {
        return Err("already has a hook tox_after_run_commands, and tox calls only one per file".to_owned());
    }
    Ok(format!("{}\n\n\n{TOXFILE}", unix.trim_end()))
}

/// Whether there is code beside our hook, of whatever version.
pub(super) fn has_other_code(text: &str) -> bool {
    let unix = text.replace("\r\n", "\n");
    let (before, rest) = unix.split_once(BEGIN).unwrap_or((&unix, ""));
    let after = rest.split_once(END).map_or(rest, |(_, after)| after);
    !before.trim().is_empty() || !after.trim().is_empty()
}
