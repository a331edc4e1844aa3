//! The name of this machine, and random numbers.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::num::NonZeroUsize;
use std::path::Path;

use super::environment::Environment;
use super::files::read_text_optional;

/// Returns the host name; `None` if it is unknown or begins with `localhost`.
pub fn host_name(environment: &Environment) -> Option<String> {
    let from_file = |path: &str| read_text_optional(Path::new(path)).ok().flatten();
    let named = ["/proc/sys/kernel/hostname", "/etc/hostname"].into_iter().find_map(from_file);
    let named = named.or_else(|| environment.non_empty("COMPUTERNAME").map(str::to_owned));
    let named = named.or_else(|| environment.non_empty("HOSTNAME").map(str::to_owned))?;
    let name = named.trim();
    let is_unique = !name.is_empty() && !name.to_ascii_lowercase().starts_with("localhost");
    is_unique.then(|| name.to_owned())
}

/// Returns the number of cores that this process may use; 1 if it is unknown.
pub fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns a random number that is not suitable for secrets.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_no_host_name() {
        let name = host_name(&Environment::default());
        assert_ne!(random(), random());
        assert!(name.is_none_or(|name| name.trim() == name && !name.is_empty() && !name.starts_with("localhost")));
    }
}
