//! Which environment variables a repository may name as its build number.

/// The last words of the names of counters.
const LAST_WORDS: [&str; 10] = ["NUMBER", "NUM", "NO", "NR", "ID", "IID", "COUNT", "COUNTER", "SEQUENCE", "BUILDID"];

/// Words of the names of secrets: `AWS_ACCESS_KEY_ID` ends as a counter does.
const SECRET_WORDS: [&str; 9] =
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "AUTH", "CREDENTIAL", "CREDENTIALS"];

/// Whether the variable looks like a counter of a CI system: `BUILD_NUMBER`, `CI_PIPELINE_IID`, `bamboo_buildNumber`.
///
/// The value of the variable becomes a part of a published version, so a repository must not choose a secret.
pub fn is_counter_name(name: &str) -> bool {
    let is_name =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    let words = words(name);
    let is_secret = words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()));
    is_name && !is_secret && words.last().is_some_and(|last| LAST_WORDS.contains(&last.as_str()))
}

/// The words of a name in upper case, which `_`, or a capital after a small letter, separates.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        if c == '_' || (c.is_ascii_uppercase() && was_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.push(c.to_ascii_uppercase());
        }
        was_small = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_told_from_secrets() {
        for name in [
            "BUILD_NUMBER",
            "GITHUB_RUN_ID",
            "CI_PIPELINE_IID",
            "BUILD_BUILDID",
            "bamboo_buildNumber",
            "CIRCLE_BUILD_NUM",
            "APPVEYOR_BUILD_NUMBER",
            "buildCounter",
            "BUILD_COUNT",
            "N_ID",
        ] {
            assert!(is_counter_name(name), "{name}");
        }
        for name in [
            "AWS_ACCESS_KEY_ID",
            "DEPLOY_TOKEN",
            "GIT_DEVPI_PASSWORD",
            "HOME",
            "PATH",
            "tokenId",
            "NUMBER_OF_SECRETS",
            "SECRET_NUMBER",
            "",
            "_",
            "ID=1",
            "A-ID",
            "1_ID",
            "NOID",
            "API_KEY_NUMBER",
        ] {
            assert!(!is_counter_name(name), "{name}");
        }
    }
}
