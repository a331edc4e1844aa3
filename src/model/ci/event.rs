//! GitHub's event file, the only source of a pull request's head repository.

use serde_json::Value;

/// The used fields of the JSON file at `GITHUB_EVENT_PATH`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GithubEvent {
    /// The pull request's number. No variable has it for `pull_request_target`.
    pub number: Option<String>,
    /// Whether its head is in the same repository as its base; `None` for events without a pull request.
    pub same_repository: Option<bool>,
}

impl GithubEvent {
    /// Reads `pull_request.number`, and `pull_request.head.repo.full_name` compared with `pull_request.base.repo.full_name`. The
    /// event of a deleted fork has no `head.repo`; it counts as a fork.
    pub fn read(event: &Value) -> Self {
        let request = &event["pull_request"];
        let number = [&request["number"], &event["number"]].into_iter().find_map(Value::as_u64);
        let full_name = |side: &str| request[side]["repo"]["full_name"].as_str().map(str::to_lowercase);
        let same_repository = full_name("base").map(|base| full_name("head").is_some_and(|head| head == base));
        if request.is_object() {
            Self { number: number.map(|n| n.to_string()), same_repository }
        } else {
            Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(head: &Value) -> GithubEvent {
        GithubEvent::read(&json!({"number": 12, "pull_request": {"number": 12, "head": {"ref": "x", "repo": head},
            "base": {"ref": "main", "repo": {"full_name": "Acme/shiny"}}}}))
    }

    #[test]
    fn the_event_tells_forks_from_the_repository_itself() {
        assert_eq!(event(&json!({"full_name": "acme/shiny"})).same_repository, Some(true));
        assert_eq!(event(&json!({"full_name": "fork/shiny"})).same_repository, Some(false));
        assert_eq!(event(&json!(null)).same_repository, Some(false));
        assert_eq!(event(&json!(null)).number.as_deref(), Some("12"));
    }

    #[test]
    fn other_events_say_nothing() {
        for other in
            [json!({}), json!(null), json!([1]), json!({"number": 3}), json!({"pull_request": "x", "number": 1})]
        {
            assert_eq!(GithubEvent::read(&other), GithubEvent::default(), "{other}");
        }
    }
}
