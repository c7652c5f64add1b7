use std::time::{Duration, Instant};

use candle_core::Device;
use serde::Serialize;

use crate::workload::Execution;

/// A repetition of work that is quicker than this executes it several times.
const LEAST: Duration = Duration::from_millis(20);

/// Repeats one workload.
pub struct Stopwatch {
    work: Execution,
    /// Where it computes; a time ends when nothing is left to be done there.
    device: Device,
    /// Executions in a repetition.
    executions: u32,
}

/// The time of one repetition.
#[derive(Debug, Serialize)]
pub struct Repetition {
    /// Of one execution, the mean.
    pub seconds: f64,
    /// How often the work was executed.
    pub executions: u32,
}

impl Stopwatch {
    /// Executes `work` until it is warm, and finds how often a repetition executes it.
    pub fn warmed_up(mut work: Execution, device: &Device) -> anyhow::Result<Self> {
        work()?;
        device.synchronize()?;
        let start = Instant::now();
        work()?;
        device.synchronize()?;
        let executions = executions(start.elapsed());
        Ok(Self { work, device: device.clone(), executions })
    }

    /// One repetition.
    pub fn repeat(&mut self) -> anyhow::Result<Repetition> {
        // Whoever ran in between has evicted this work's data from the caches.
        if self.executions > 1 {
            (self.work)()?;
            self.device.synchronize()?;
        }
        let start = Instant::now();
        for _ in 0..self.executions {
            (self.work)()?;
        }
        self.device.synchronize()?;
        let seconds = start.elapsed().as_secs_f64() / f64::from(self.executions);
        Ok(Repetition { seconds, executions: self.executions })
    }
}

/// Executions that take at least [`LEAST`] when one takes `one`.
fn executions(one: Duration) -> u32 {
    let one = one.max(Duration::from_micros(1));
    (LEAST.as_secs_f64() / one.as_secs_f64()).ceil().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn quick_work_is_executed_until_it_can_be_measured() {
        assert_eq!(executions(Duration::from_millis(3)), 7);
        assert_eq!(executions(Duration::from_secs(2)), 1);
        assert_eq!(executions(Duration::ZERO), 20_000);
    }

    #[test]
    fn slow_work_is_executed_twice_to_warm_up_and_once_a_repetition() {
        let count = Rc::new(Cell::new(0));
        let counted = Rc::clone(&count);
        let work = Box::new(move || {
            counted.set(counted.get() + 1);
            std::thread::sleep(LEAST);
            Ok(())
        });
        let mut stopwatch = Stopwatch::warmed_up(work, &Device::Cpu).unwrap();
        assert_eq!(count.get(), 2);
        let repetition = stopwatch.repeat().unwrap();
        assert_eq!((count.get(), repetition.executions), (3, 1));
        assert!(repetition.seconds >= LEAST.as_secs_f64());
    }
}
