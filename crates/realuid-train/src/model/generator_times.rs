use std::borrow::Cow;

use realuid_paths::Prediction;

use crate::framework::Framework;
use crate::{Error, Result};

/// At which native times a generator makes its samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum GeneratorTimes {
    /// All that it was trained for.
    #[default]
    All,
    /// The first so many of these: samples are distributed as that step's were in training.
    First(usize),
    /// Others, from the source towards the data.
    At(Vec<f64>),
}

impl GeneratorTimes {
    /// The times themselves, for a generator of `framework` that was trained for the times `trained`.
    ///
    /// Fails where these are fewer than asked for, or other times are none of a generator.
    pub fn of<'a>(&'a self, framework: &Framework, trained: &'a [f64]) -> Result<Cow<'a, [f64]>> {
        match self {
            Self::All => Ok(trained.into()),
            Self::First(steps) if (1..=trained.len()).contains(steps) => {
                Ok(trained[..*steps].into())
            }
            Self::First(steps) => Err(Error::Mismatch {
                what: "steps of the generator",
                expected: format!("1 to {}, for which it was trained", trained.len()),
                found: steps.to_string(),
                advice: "ask for fewer with --steps, name times of your own with --times, or \
                         distil with more distill.generator.times"
                    .into(),
            }),
            Self::At(times) => {
                check_generator_times(framework, times, "--times")?;
                Ok(times.into())
            }
        }
    }
}

/// Fails, blaming `origin`, unless `times` are those of a generator: at least one, one after another
/// from the source towards the data, where the path holds some of the source and the networks'
/// prediction tells the data.
pub fn check_generator_times(framework: &Framework, times: &[f64], origin: &str) -> Result<()> {
    let span = framework.path.times();
    let (low, high) = (span.data.min(span.source), span.data.max(span.source));
    let is_within = |time: f64| (low..=high).contains(&time) && time.total_cmp(&span.data).is_ne();
    if let Some(outside) = times.iter().find(|time| !is_within(**time)) {
        let problem = format!(
            "expected times within [{low}, {high}] other than {}, where nothing of the source is \
             left; found {outside}",
            span.data
        );
        return Err(Error::config(origin, problem));
    }
    let is_nearer = |pair: &[f64]| (pair[1] - pair[0]) * span.toward_data() > 0.0;
    if times.is_empty() || !times.windows(2).all(is_nearer) {
        let problem = format!(
            "expected one time or several, each nearer to the data (at {}) than the one before; \
             found {times:?}",
            span.data
        );
        return Err(Error::config(origin, problem));
    }
    times.iter().try_for_each(|time| framework.check_determines(Prediction::Data, *time, origin))
}
