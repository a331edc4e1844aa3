//! `toxfile.py`: the plugin that tox 4 loads from the folder of its configuration.

/// The file name, in the folder of tox's configuration.
pub(in crate::python) const FILE_NAME: &str = "toxfile.py";

/// The plugin: one hook between two marker comments.
pub(in crate::python) const TOXFILE: &str = include_str!("toxfile.py");

const BEGIN: &str = "# git-devpi: begin";
const END: &str = "# git-devpi: end\n";

/// Adds our hook or updates an older one; the error is the reason why it cannot be added.
pub(in crate::python) fn edit(before: Option<&str>) -> Result<String, String> {
    let Some(before) = before.filter(|text| !text.trim().is_empty()) else { return Ok(TOXFILE.to_owned()) };
    let unix = before.replace("\r\n", "\n");
    if let Some(begin) = unix.find(BEGIN) {
        let Some(length) = unix[begin..].find(END) else {
            return Err(no_end());
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

/// Removes our hook, of whatever version; `None` if nothing else is in the file, which is then deleted.
pub(in crate::python) fn remove(before: &str) -> Result<Option<String>, String> {
    let unix = before.replace("\r\n", "\n");
    let Some((head, rest)) = unix.split_once(BEGIN) else { return Ok(Some(before.to_owned())) };
    let (_, tail) = rest.split_once(END).ok_or_else(no_end)?;
    if head.trim().is_empty() && tail.trim().is_empty() {
        return Ok(None);
    }
    let head =
        if tail.is_empty() && !head.trim().is_empty() { format!("{}\n", head.trim_end()) } else { head.to_owned() };
    let text = head + tail;
    Ok(Some(if before.contains("\r\n") { text.replace('\n', "\r\n") } else { text }))
}

/// Whether the file has our hook.
pub(in crate::python) fn is_present(text: &str) -> bool {
    text.contains(BEGIN)
}

fn no_end() -> String {
    "contains the start of git-devpi's hook but not its end".to_owned()
}

/// Whether there is code beside our hook, of whatever version.
pub(in crate::python) fn has_other_code(text: &str) -> bool {
    let unix = text.replace("\r\n", "\n");
    let (before, rest) = unix.split_once(BEGIN).unwrap_or((&unix, ""));
    let after = rest.split_once(END).map_or(rest, |(_, after)| after);
    !before.trim().is_empty() || !after.trim().is_empty()
}
