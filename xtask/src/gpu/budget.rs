use std::time::{Duration, Instant};

/// How long the suite may take, and what is still to come.
#[derive(Debug)]
pub struct Budget {
    start: Instant,
    whole: Duration,
}

impl Budget {
    /// From now on.
    pub fn new(whole: Duration) -> Self {
        Self { start: Instant::now(), whole }
    }

    /// The end of a part that may take the share `share` of the whole, and no longer than to the end.
    pub fn part(&self, share: f64) -> Instant {
        let end = self.start + self.whole;
        end.min(Instant::now() + self.whole.mul_f64(share))
    }

    /// The end of the last part.
    pub fn rest(&self) -> Instant {
        self.part(1.0)
    }

    /// Seconds that have passed.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_outlasts_the_whole() {
        let budget = Budget::new(Duration::from_secs(1000));
        let end = budget.start + budget.whole;
        assert!(budget.part(0.5) < end);
        assert_eq!((budget.part(2.0), budget.rest()), (end, end));
    }
}
