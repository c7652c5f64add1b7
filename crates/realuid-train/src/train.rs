//! The loop of every training command.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Tensor;
use realuid_data::{Batch, Loader};

use crate::evaluation::Evaluator;
use crate::job::Job;
use crate::observer::{Event, Observer};
use crate::peak_memory::peak_memory;
use crate::plan::Plan;
use crate::run::{self, Best, MetricsLog, Record, RunFolder, RunState, Window};
use crate::{Error, Result, picture, report};

/// How a run ended without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All steps are done.
    Finished,
    /// It was asked to stop; the checkpoint holds everything so far.
    Interrupted {
        /// Steps done.
        step: u64,
        /// Where it can go on.
        checkpoint: PathBuf,
    },
}

/// The loop of every training command: steps, records, pictures, evaluations, checkpoints.
///
/// What is due at a step is done before the checkpoint of that step, so resuming from it repeats nothing.
pub struct Trainer<'a> {
    job: &'a mut dyn Job,
    run: &'a RunFolder,
    plan: Plan,
    observer: &'a mut dyn Observer,
    evaluator: Evaluator,
    log: MetricsLog,
    state: RunState,
}

impl<'a> Trainer<'a> {
    /// A run at its first step; the state before it becomes the first checkpoint.
    pub fn start(
        job: &'a mut dyn Job,
        run: &'a RunFolder,
        plan: Plan,
        evaluator: Evaluator,
        observer: &'a mut dyn Observer,
    ) -> Result<Self> {
        let state = RunState {
            step: 0,
            reported: false,
            updates: job.updates(),
            log_bytes: 0,
            window: Window::default(),
            best: None,
        };
        let mut trainer = Self::new(job, run, plan, evaluator, observer, state)?;
        trainer.save()?;
        Ok(trainer)
    }

    /// A run where its newest checkpoint left it.
    pub fn resume(
        job: &'a mut dyn Job,
        run: &'a RunFolder,
        plan: Plan,
        evaluator: Evaluator,
        observer: &'a mut dyn Observer,
    ) -> Result<Self> {
        let state = run::load_latest(run.path(), job, evaluator.device())?;
        let trainer = Self::new(job, run, plan, evaluator, observer, state)?;
        trainer.prune()?;
        Ok(trainer)
    }

    fn new(
        job: &'a mut dyn Job,
        run: &'a RunFolder,
        plan: Plan,
        evaluator: Evaluator,
        observer: &'a mut dyn Observer,
        state: RunState,
    ) -> Result<Self> {
        let examples = run.samples().join("data.png");
        picture::save(&examples, &evaluator.examples(plan.output.samples.count)?)?;
        let log = MetricsLog::open(&run.metrics(), state.log_bytes)?;
        Ok(Self { job, run, plan, observer, evaluator, log, state })
    }

    /// Trains until all steps are done or `stop` is set.
    pub fn run(mut self, stop: &AtomicBool) -> Result<Outcome> {
        let total = self.plan.train.steps;
        self.observer.on(&Event::Started { step: self.state.step, total });
        let mut data = self.plan.loader(self.job, self.state.step)?;
        loop {
            if stop.load(Ordering::Relaxed) {
                let checkpoint = self.save_unless_saved()?;
                return Ok(Outcome::Interrupted { step: self.state.step, checkpoint });
            }
            if !self.state.reported {
                self.report()?;
            }
            if self.state.step >= total {
                report::write(self.run)?;
                self.observer.on(&Event::Finished { report: self.run.report() });
                return Ok(Outcome::Finished);
            }
            let batches = self.batches(&mut data).or_else(|error| {
                self.save_unless_saved()?;
                Err(error)
            })?;
            self.advance(&batches)?;
        }
    }

    fn advance(&mut self, batches: &[Option<Batch>]) -> Result<()> {
        let step = self.state.step;
        let turn = self.job.advance(step, batches).map_err(|e| self.locate(e))?;
        self.state.window.add(&turn)?;
        self.state.step = step + 1;
        self.state.reported = false;
        self.observer.on(&Event::Stepped { step: step + 1, turn: &turn });
        if let Some(note) = &turn.note {
            self.observer.on(&Event::Noted { note });
        }
        Ok(())
    }

    /// What is due at this step. Where that fails, the training itself is saved first, as it was
    /// before: a resumed run does again what is due.
    fn report(&mut self) -> Result<()> {
        let before = (self.state.clone(), self.log.length());
        self.do_what_is_due().or_else(|error| {
            self.state = before.0;
            self.log.cut(before.1)?;
            if !matches!(error, Error::NotFinite { .. }) {
                self.save_unless_saved()?;
            }
            Err(error)
        })
    }

    /// Records, picture, evaluation and checkpoint, as far as they are due at this step.
    fn do_what_is_due(&mut self) -> Result<()> {
        let (step, last) = (self.state.step, self.state.step >= self.plan.train.steps);
        let due = |every: u64| last || (every > 0 && step.is_multiple_of(every));
        let output = &self.plan.output;
        let (log, picture) = (due(output.log.every), due(output.samples.every));
        let evaluate = step > 0 && due(output.evaluation.every);
        let checkpoint = step > 0 && due(output.checkpoints.every);
        if log || picture || evaluate || checkpoint {
            self.settle()?;
        }
        if log {
            for record in self.state.window.flush(step) {
                self.write(&record)?;
            }
            self.measure()?;
        }
        if picture {
            self.draw()?;
        }
        let improved = evaluate && self.evaluate()?;
        self.state.reported = true;
        if checkpoint || improved {
            self.save()?;
            report::write(self.run)?;
        }
        Ok(())
    }

    /// Waits for a GPU, to which the steps so far may have been left, and for what they reported.
    ///
    /// Fails where one of them had a loss or a gradient that is not finite.
    fn settle(&mut self) -> Result<()> {
        let settled = self.job.check().and_then(|()| self.state.window.settle());
        settled.map_err(|error| self.locate(error))
    }

    /// Says how much memory was needed so far, where the system tells.
    fn measure(&mut self) -> Result<()> {
        if let Some(peak_bytes) = peak_memory(self.evaluator.device())? {
            self.observer.on(&Event::Measured { peak_bytes });
        }
        Ok(())
    }

    fn write(&mut self, record: &Record) -> Result<()> {
        self.log.write(record)?;
        self.observer.on(&Event::Recorded { record });
        Ok(())
    }

    fn draw(&mut self) -> Result<()> {
        let path = self.run.samples().join(format!("step-{:09}.png", self.state.step));
        let count = self.plan.output.samples.count;
        let samples = self.sample(count)?;
        picture::save(&path, &samples)?;
        self.observer.on(&Event::Drew { path: &path });
        Ok(())
    }

    fn sample(&self, count: usize) -> Result<Tensor> {
        let output = &self.plan.output;
        let samples =
            self.evaluator.sample(&self.job.model()?, self.plan.seed, count, output)?.data;
        let value = f64::from(samples.abs()?.sum_all()?.to_scalar::<f32>()?);
        if value.is_finite() {
            return Ok(samples);
        }
        Err(self.locate(Error::not_finite("sampling", "sum of absolute samples", value)))
    }

    /// Whether this is the best evaluation so far.
    fn evaluate(&mut self) -> Result<bool> {
        let output = &self.plan.output;
        let count = output.evaluation.samples;
        let metric = output.evaluation.best_by;
        let samples = self.sample(count)?;
        let metrics = self.evaluator.measure(&samples)?;
        let record =
            Record { step: self.state.step, kind: "evaluation".into(), values: metrics.values() };
        self.write(&record)?;
        let value = metrics.get(metric);
        let improved =
            self.state.best.is_none_or(|best| best.metric != metric || value < best.value);
        if improved {
            self.state.best = Some(Best { step: self.state.step, metric, value });
        }
        Ok(improved)
    }

    /// The checkpoint of this step, which may lie there already.
    fn save_unless_saved(&mut self) -> Result<PathBuf> {
        self.settle()?;
        let folder = run::step_folder(self.run.path(), self.state.step);
        let there = folder.is_dir() && RunState::load(&folder)? == self.state;
        if there { Ok(folder) } else { self.save() }
    }

    /// The state must be [settled](Self::settle).
    fn save(&mut self) -> Result<PathBuf> {
        self.state.log_bytes = self.log.sync()?;
        self.state.updates = self.job.updates();
        let path = run::save(self.run.path(), self.job, &self.state)?;
        self.prune()?;
        self.observer.on(&Event::Saved { path: &path });
        Ok(path)
    }

    fn prune(&self) -> Result<()> {
        let (every, total) = (self.plan.output.checkpoints.every, self.plan.train.steps);
        let scheduled = |step: u64| step.is_multiple_of(every) || step == total;
        let best = self.state.best.map(|best| best.step);
        run::prune(self.run.path(), self.plan.output.checkpoints.keep, best, scheduled)
    }

    fn batches(&self, data: &mut Option<Loader>) -> Result<Vec<Option<Batch>>> {
        let next = |_| match data {
            Some(loader) => Ok(Some(loader.next().expect("a loader never ends")?)),
            None => Ok(None),
        };
        (0..self.plan.train.accumulate).map(next).collect()
    }

    /// Tells an error which the job could not place where it happened and what to go back to.
    fn locate(&self, error: Error) -> Error {
        let Error::NotFinite { turn, quantity, value, .. } = error else { return error };
        let newest = run::checkpoint_folders(self.run.path()).ok().and_then(|mut f| f.pop());
        let checkpoint = newest.map_or("none".into(), |folder| folder.display().to_string());
        Error::NotFinite { step: self.state.step, turn, quantity, value, checkpoint }
    }
}
