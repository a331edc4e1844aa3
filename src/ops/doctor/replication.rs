//! Whether the server that answers, or a replica of it, lags behind.

use jiff::Timestamp;

use crate::devpi::Replication;
use crate::ops::doctor::finding::Finding;

/// The number of changes that a replica may lack at any moment.
const USUAL_LAG: i64 = 20;
/// How long ago, in seconds, a replica may have heard from its primary: it asks every 60 s at the latest.
const USUAL_SILENCE: i64 = 90;

/// Judges the part of the server in a replication; `None` if it is the only one. `now`: by its clock.
pub(super) fn check(replication: Replication, now: Timestamp) -> Option<Finding> {
    const EFFECT: &str = "git-devpi waits until a replica has what the primary answered, so commands take longer; see the log of the replica";
    let warning = |found: String| Some(Finding::Warning(found, EFFECT.to_owned()));
    match replication {
        Replication::Primary { replicas: 0, .. } => None,
        Replication::Primary { replicas, behind } if behind > USUAL_LAG => {
            warning(format!("a replica lacks {behind} changes of the primary ({replicas} copy it)"))
        }
        Replication::Primary { replicas, .. } => {
            Some(Finding::Passed(format!("the primary answers; replicas that copy it: {replicas}")))
        }
        Replication::Replica { contacted: None, .. } => {
            warning("the replica that answers has not reached its primary yet".to_owned())
        }
        Replication::Replica { contacted: Some(contacted), behind } => {
            let silent = now.duration_since(contacted).as_secs();
            if silent > USUAL_SILENCE {
                warning(format!("the replica that answers last heard from its primary {silent} s ago"))
            } else if behind > USUAL_LAG {
                warning(format!("the replica that answers lacks {behind} changes of its primary"))
            } else {
                Some(Finding::Passed("a replica answers, which has what its primary has".to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_that_lags_or_lost_its_primary_is_a_warning() {
        let now = Timestamp::from_second(1_700_000_100).unwrap();
        let heard = |ago: i64| Timestamp::from_second(1_700_000_100 - ago).ok();
        let replica = |behind, contacted| Replication::Replica { behind, contacted };
        for (replication, expected) in [
            (Replication::Primary { replicas: 0, behind: 0 }, None),
            (Replication::Primary { replicas: 2, behind: 3 }, Some(true)),
            (Replication::Primary { replicas: 2, behind: 300 }, Some(false)),
            (replica(3, heard(10)), Some(true)),
            (replica(300, heard(10)), Some(false)),
            (replica(0, heard(100)), Some(false)),
            (replica(0, None), Some(false)),
        ] {
            let passed = check(replication, now).map(|finding| matches!(finding, Finding::Passed(_)));
            assert_eq!(passed, expected, "{replication:?}");
        }
    }
}
