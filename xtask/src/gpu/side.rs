use std::process::Command;
use std::time::{Duration, Instant};

use super::results::Outcome;
use crate::bench::program::{Listing, Program};
use crate::bench::results::Sample;

/// Fewest and most repetitions of a workload in one of its variants.
const REPETITIONS: [usize; 2] = [3, 7];
/// What the repetitions in between take together, in seconds.
const SECONDS: f64 = 1.5;
/// How long letting go of everything may take.
const REST: Duration = Duration::from_secs(10);

/// A program that is measured: ours, or the peer's. It is started again where it has ended.
pub struct Side {
    name: &'static str,
    command: Box<dyn Fn() -> Command>,
    program: Option<Program>,
    pub listing: Listing,
}

impl Side {
    /// Starts the program, which is called `name` in messages, and asks what it can do.
    pub fn start(
        name: &'static str,
        deadline: Instant,
        command: impl Fn() -> Command + 'static,
    ) -> anyhow::Result<Self> {
        let mut program = Program::start(name, &mut command())?;
        program.until(deadline);
        let listing = program.list()?;
        Ok(Self { name, command: Box::new(command), program: Some(program), listing })
    }

    /// The variants of `workload`; none if it does not know it.
    pub fn variants(&self, workload: &str) -> Vec<String> {
        let found = self.listing.workloads.iter().find(|listed| listed.name == workload);
        found.map(|listed| listed.variants.clone()).unwrap_or_default()
    }

    /// Measures `workload` in `variant`, or says why not; at the `deadline` it is stopped.
    pub fn measure(&mut self, workload: &str, variant: &str, deadline: Instant) -> Outcome {
        if Instant::now() >= deadline {
            return Outcome::not_measured("no time was left");
        }
        match self.sample(workload, variant, deadline) {
            Ok(sample) => Outcome::Measured(sample),
            Err(error) => {
                // What is left of it may be in any state.
                if self.program.as_ref().is_some_and(Program::has_ended) {
                    self.program = None;
                }
                // What was asked is said by whoever tells of the outcome.
                Outcome::not_measured(error.root_cause().to_string().replace('\n', "; "))
            }
        }
    }

    /// Has it let go of what it holds, for the other side.
    pub fn rest(&mut self) {
        let Some(program) = &mut self.program else { return };
        // Also after the end of a part: it is quicker than to start the program again.
        program.until(Instant::now() + REST);
        if program.rest().is_err() {
            self.program = None;
        }
    }

    fn sample(
        &mut self,
        workload: &str,
        variant: &str,
        deadline: Instant,
    ) -> anyhow::Result<Sample> {
        let program = match &mut self.program {
            Some(program) => program,
            none => none.insert(Program::start(self.name, &mut (self.command)())?),
        };
        program.until(deadline);
        let first = program.run(workload, variant)?;
        let mut sample = Sample::default();
        for _ in 0..repetitions(first.seconds * f64::from(first.executions)) {
            let enough = sample.seconds.len() >= REPETITIONS[0];
            if enough && Instant::now() >= deadline {
                break;
            }
            let repetition = program.run(workload, variant)?;
            sample.seconds.push(repetition.seconds);
            sample.peak_bytes = repetition.peak_bytes;
            sample.used_bytes = repetition.used_bytes;
        }
        Ok(sample)
    }
}

fn repetitions(seconds: f64) -> usize {
    let [fewest, most] = REPETITIONS;
    ((SECONDS / seconds.max(1e-3)).round() as usize).clamp(fewest, most)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Answers `list`, then `a` with a time, and `b` never.
    const SCRIPT: &str = r#"
        while read -r word name variant; do
            case "$word $name" in
                "list ") echo '{"version": "1", "threads": 1, "workloads": []}';;
                "run a") echo '{"seconds": 1.0, "executions": 1, "peak_bytes": 7}';;
                "run b") exec sleep 60;;
                *) echo '{"error": "no such thing"}';;
            esac
        done"#;

    #[test]
    fn what_takes_too_long_is_stopped_and_the_next_is_measured() {
        let command = || {
            let mut command = Command::new("sh");
            command.args(["-c", SCRIPT]);
            command
        };
        let later = Instant::now() + Duration::from_secs(60);
        let mut side = Side::start("sh", later, command).unwrap();
        let soon = Instant::now() + Duration::from_millis(200);
        let Outcome::NotMeasured { not_measured } = side.measure("b", "x", soon) else {
            panic!("nothing answers")
        };
        assert!(not_measured.contains("did not answer in time"), "{not_measured}");
        let Outcome::Measured(sample) = side.measure("a", "x", later) else { panic!("it answers") };
        assert_eq!((sample.seconds, sample.peak_bytes), (vec![1.0; 3], Some(7)));
        let Outcome::NotMeasured { not_measured } = side.measure("c", "x", later) else {
            panic!("it is not known")
        };
        assert!(not_measured.contains("no such thing"), "{not_measured}");
    }

    #[test]
    fn slow_work_is_repeated_less() {
        assert_eq!([1e-6, 0.1, 0.3, 9.0].map(repetitions), [7, 7, 5, 3]);
    }
}
