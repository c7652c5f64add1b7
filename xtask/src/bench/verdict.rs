//! Whether code has become slower between two results.

use std::fmt;

use super::results::{Results, Workload};

/// One workload then and now.
#[derive(Debug)]
pub struct Change {
    name: String,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Medians of ours over the fastest peer's: what other processes take slows down both alike.
    Ratio { stored: f64, current: f64 },
    /// The least seconds of ours alone, which other processes disturb least.
    Time { stored: f64, current: f64 },
    /// It is not measured any more.
    Gone,
}

/// What has become of every stored workload.
pub fn changes(stored: &Results, current: &Results) -> Vec<Change> {
    let change = |then: &Workload| {
        let what = current.get(&then.name).map_or(What::Gone, |now| What::between(then, now));
        Change { name: then.name.clone(), what }
    };
    stored.workloads.iter().map(change).collect()
}

impl What {
    fn between(stored: &Workload, current: &Workload) -> Self {
        match (stored.comparison(), current.comparison()) {
            (Some(stored), Some(current)) => {
                Self::Ratio { stored: stored.ratio, current: current.ratio }
            }
            _ => Self::Time {
                stored: stored.ours.summary().minimum,
                current: current.ours.summary().minimum,
            },
        }
    }
}

impl Change {
    /// Whether it is slower by more than the share `tolerance`.
    pub fn is_worse(&self, tolerance: f64) -> bool {
        match self.what {
            // Written so that a number that is none is worse too.
            What::Ratio { stored, current } | What::Time { stored, current } => !matches!(
                current.partial_cmp(&(stored * (1.0 + tolerance))),
                Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)
            ),
            What::Gone => true,
        }
    }

    /// Whether it means the same when the two results come from different machines.
    pub fn holds_across_machines(&self) -> bool {
        !matches!(self.what, What::Time { .. })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.what {
            What::Ratio { stored, current } => {
                write!(f, "{}: {stored:.2} of the peer's time, now {current:.2}", self.name)
            }
            What::Time { stored, current } => {
                write!(f, "{}: {:.3} ms, now {:.3} ms", self.name, 1e3 * stored, 1e3 * current)
            }
            What::Gone => write!(f, "{}: not measured any more", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worse(stored: &Results, current: &Results, tolerance: f64) -> Vec<String> {
        let changes = changes(stored, current);
        let worse = changes.iter().filter(|change| change.is_worse(tolerance));
        worse.map(ToString::to_string).collect()
    }

    #[test]
    fn ratios_decide_where_there_is_a_peer() {
        let stored = Results::of(&[("a", &[1.0], &[2.0]), ("b", &[1.0], &[2.0])]);
        // Twice as slow, as the peer is; and as fast, while the peer is faster.
        let current = Results::of(&[("a", &[2.0], &[4.0]), ("b", &[1.0], &[1.6])]);
        assert_eq!(worse(&stored, &current, 0.1), ["b: 0.50 of the peer's time, now 0.62"]);
        assert!(worse(&stored, &current, 0.26).is_empty());
        assert!(changes(&stored, &current).iter().all(Change::holds_across_machines));
    }

    #[test]
    fn least_times_decide_where_there_is_none() {
        let stored = Results::of(&[("a", &[1.0, 1.5], &[]), ("b", &[1.0], &[0.5])]);
        let current = Results::of(&[("a", &[9.0, 1.05], &[]), ("b", &[1.2], &[])]);
        assert_eq!(worse(&stored, &current, 0.1), ["b: 1000.000 ms, now 1200.000 ms"]);
        assert!(!changes(&stored, &current)[0].holds_across_machines());
    }

    #[test]
    fn what_is_gone_and_what_is_no_number_is_worse() {
        let stored = Results::of(&[("a", &[1.0], &[]), ("b", &[1.0], &[])]);
        let current = Results::of(&[("b", &[f64::NAN], &[]), ("c", &[1.0], &[])]);
        let worse = worse(&stored, &current, 0.1);
        assert_eq!(worse.len(), 2);
        assert_eq!(worse[0], "a: not measured any more");
    }
}
