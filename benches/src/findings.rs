use std::process::ExitCode;

/// What comparisons have come to; each is printed as it comes, as `parity` prints its fixtures.
#[derive(Debug, Default)]
pub struct Findings {
    passed: usize,
    failed: usize,
}

impl Findings {
    /// Two computations of `name` that are to differ by no more than `allowed`, relative to their size.
    pub fn compared(&mut self, name: &str, difference: f64, allowed: f64) {
        // A NaN is no number that is small enough.
        if difference <= allowed {
            self.passed += 1;
            println!("ok {name} max_rel_err {difference:.1e}");
        } else {
            self.failed += 1;
            println!("FAILED {name} {difference:.1e} (allowed {allowed:.0e})");
        }
    }

    /// `name`, which could not be computed.
    pub fn failed(&mut self, name: &str, error: &anyhow::Error) {
        self.failed += 1;
        println!("FAILED {name} {}", format!("{error:#}").replace('\n', "; "));
    }

    /// `name`, which has nothing to be compared with here.
    pub fn skipped(name: &str, reason: &str) {
        println!("skip {name} {reason}");
    }

    /// Success only where something was compared and nothing has failed.
    pub fn code(&self) -> ExitCode {
        if self.passed > 0 && self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_has_failed() {
        let mut findings = Findings::default();
        findings.compared("a", 1e-6, 1e-4);
        findings.compared("b", f64::NAN, 1e-4);
        findings.compared("c", 1e-3, 1e-4);
        assert_eq!((findings.passed, findings.failed), (1, 2));
    }
}
