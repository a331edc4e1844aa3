//! Durations with limits, which are other ones in a repository's file.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::duration::shown;
use super::error::Error;
use super::keys::Key;
use super::layers::Settings;
use super::values::invalid;

impl Settings {
    /// Returns a duration within the first bounds, or within the second if the repository's file sets it.
    pub fn bounded_duration(
        &self,
        key: Key,
        (bounds, in_repository): (&RangeInclusive<Duration>, &RangeInclusive<Duration>),
    ) -> Result<Option<Duration>, Error> {
        let (Some(duration), Some(text)) = (self.duration(key)?, self.text(key)?) else { return Ok(None) };
        let bounds = if text.origin.is_repository() { in_repository } else { bounds };
        if bounds.contains(&duration) {
            return Ok(Some(duration));
        }
        let limit = match duration < *bounds.start() {
            true => format!("is shorter than {}", shown(*bounds.start())),
            false => format!("is longer than {}", shown(*bounds.end())),
        };
        let place = if text.origin.is_repository() { ", the limit for a repository's file" } else { "" };
        Err(invalid(key, &text.value, text.origin, &format!("{limit}{place}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::LoadRequest;
    use crate::settings::testing::settings;
    use crate::system::environment::Environment;

    #[test]
    fn a_bounded_duration_has_other_limits_in_a_repository() {
        let seconds = Duration::from_secs;
        let bounds = (&(seconds(10)..=seconds(86_400)), &(seconds(30)..=seconds(7200)));
        let in_file =
            |text: &str| settings(&format!("claim-timeout = \"{text}\"")).bounded_duration(Key::ClaimTimeout, bounds);
        for good in ["30s", "15m", "2h"] {
            assert!(in_file(good).unwrap().is_some(), "{good}");
        }
        for (bad, limit) in [("0", "30s"), ("29s", "30s"), ("7201", "2h"), ("14d", "2h")] {
            let error = in_file(bad).unwrap_err().to_string();
            assert!(error.contains(bad) && error.contains(limit) && error.contains(".git-devpi.toml"), "{error}");
        }
        let in_environment = |text: &str| {
            let environment = Environment::from_pairs([("GIT_DEVPI_CLAIM_TIMEOUT", text)]);
            let settings = Settings::load(LoadRequest { environment, ..LoadRequest::default() }).unwrap();
            settings.bounded_duration(Key::ClaimTimeout, bounds).map_err(|error| error.to_string())
        };
        assert!(in_environment("10s").unwrap().is_some() && in_environment("1d").unwrap().is_some());
        let error = in_environment("9s").unwrap_err();
        assert!(error.contains("GIT_DEVPI_CLAIM_TIMEOUT") && error.ends_with("is shorter than 10s"), "{error}");
    }
}
