//! Which training times a path and a loss can bear.

use realuid_paths::TimeSpan;

use super::path_name::MARGIN;
use super::{LossForm, PathConfig, TimeConfig};
use crate::{Error, Result};

impl PathConfig {
    /// The distribution of training times `chosen`, or what is usual on this path for `loss`; `origin`
    /// names the table.
    ///
    /// Fails where its numbers make none, where they leave the path's times, and where they include a
    /// time at which `loss` is not finite: single precision draws an end of a path once in some ten
    /// million items, and a run must not end by that. The usual times keep a thousandth of the path
    /// from such an end.
    pub fn times(
        &self,
        chosen: Option<TimeConfig>,
        loss: &LossForm,
        origin: &str,
    ) -> Result<TimeConfig> {
        let path = self.interpolant()?;
        let span = path.times();
        let check = |time| loss.check_finite(path.as_ref(), self.prediction, time);
        let times = chosen.unwrap_or_else(|| match self.name.usual_times() {
            TimeConfig::Uniform { low, high } => {
                let bound = |time| if check(time).is_ok() { time } else { inside(time, span) };
                TimeConfig::Uniform { low: bound(low), high: bound(high) }
            }
            other => other,
        });
        let (low, high) = times.distribution()?.range();
        times.check_within(span, origin)?;
        for time in [low, high] {
            check(time).map_err(|reason| {
                let problem = format!(
                    "expected times at which the loss is finite, found [{low}, {high}]: at {time} \
                     it is not ({reason}); keep them from that end of the path, such as by {}",
                    MARGIN * (span.data - span.source).abs()
                );
                Error::config(origin, problem)
            })?;
        }
        Ok(times)
    }
}

/// `time` moved towards the middle of the path.
fn inside(time: f64, TimeSpan { data, source }: TimeSpan) -> f64 {
    let margin = MARGIN * (data - source).abs();
    time + margin.copysign(f64::midpoint(data, source) - time)
}

#[cfg(test)]
mod tests {
    use realuid_loss::Weighting;
    use realuid_paths::Prediction;

    use super::*;

    fn named(name: &str) -> PathConfig {
        toml::from_str(&format!("name = {name:?}")).unwrap()
    }

    fn uniform(low: f64, high: f64) -> TimeConfig {
        TimeConfig::Uniform { low, high }
    }

    fn in_prediction(prediction: Prediction) -> LossForm {
        LossForm { prediction: Some(prediction), ..LossForm::default() }
    }

    fn weighted(weighting: Weighting) -> LossForm {
        LossForm { weighting, ..LossForm::default() }
    }

    #[test]
    fn times_outside_the_path_are_refused() {
        let outside = [
            ("linear", TimeConfig::Uniform { low: 0.0, high: 2.0 }),
            ("ddpm-linear", TimeConfig::DiscreteUniform { low: 0, high: 1000 }),
            (
                "variance-exploding",
                TimeConfig::LogNormal { mean: 0.0, std: 1.0, low: 0.1, high: 100.0 },
            ),
        ];
        for (name, times) in outside {
            let times = named(name).times(Some(times), &LossForm::default(), "teacher.time");
            let message = times.unwrap_err().to_string();
            assert!(message.contains("teacher.time"), "{message}");
        }
    }

    #[test]
    fn an_end_at_which_the_loss_is_infinite_is_refused_exactly() {
        let (data, velocity) =
            (in_prediction(Prediction::Data), in_prediction(Prediction::Velocity));
        let (constant, snr) = (LossForm::default(), weighted(Weighting::Snr));
        // The last times below 1 in single precision, and a time that rounds to 1 there.
        let (last, rounds) = (1.0 - 2_f64.powi(-24), 1.0 - 2_f64.powi(-26));
        for (name, loss, low, high, fits) in [
            ("cosine", constant, 0.0, 1.0, true),
            ("cosine", data, 0.0, 1.0, false),
            ("cosine", data, 0.0, rounds, false),
            ("cosine", data, 0.0, 0.999, true),
            ("cosine", velocity, 0.0, 0.999, true),
            ("vp-linear", data, 0.0, 1.0, true),
            ("vp-linear", velocity, 0.0, 1.0, false),
            ("vp-linear", velocity, 1e-3, 1.0, true),
            ("linear", snr, 0.0, 1.0, false),
            ("linear", snr, 0.0, rounds, false),
            ("linear", snr, 0.0, last, true),
            ("linear", weighted(Weighting::MinSnr { limit: 5.0 }), 0.0, 1.0, true),
            ("gvp", weighted(Weighting::Edm { sigma_data: 0.5 }), 0.0, 1.0, false),
            ("brownian-bridge", velocity, 1e-3, 0.999, false),
            ("brownian-bridge", in_prediction(Prediction::Drift), 0.0, 0.999, false),
            ("brownian-bridge", in_prediction(Prediction::Drift), 1e-3, 1.0, true),
            ("stochastic-interpolant", constant, 0.0, 0.999, false),
            ("stochastic-interpolant", constant, 1e-3, 1.0, false),
        ] {
            let found = named(name).times(Some(uniform(low, high)), &loss, "distill.time");
            assert_eq!(found.is_ok(), fits, "{name}, {loss:?} in [{low}, {high}]: {found:?}");
            let Err(error) = found else { continue };
            assert!(error.to_string().contains("distill.time"), "{error}");
        }
    }

    #[test]
    fn the_usual_times_keep_from_an_end_that_the_loss_cannot_bear() {
        for (name, loss, expected) in [
            ("linear", LossForm::default(), uniform(0.0, 1.0)),
            ("linear", weighted(Weighting::Snr), uniform(0.0, 0.999)),
            ("gvp", weighted(Weighting::SnrPlusOne), uniform(0.0, 0.999)),
            ("cosine", LossForm::default(), uniform(1e-3, 1.0)),
            ("cosine", in_prediction(Prediction::Data), uniform(1e-3, 0.999)),
            ("vp-linear", in_prediction(Prediction::Data), uniform(1e-3, 1.0)),
        ] {
            let found = named(name).times(None, &loss, "distill.time").unwrap();
            assert_eq!(found, expected, "{name}, {loss:?}");
        }
    }

    #[test]
    fn times_of_a_normal_variable_reach_as_far_as_its_values() {
        let snr = weighted(Weighting::Snr);
        let logit = |std| Some(TimeConfig::LogitNormal { mean: 0.0, std });
        assert!(named("linear").times(logit(1.0), &snr, "teacher.time").is_ok());
        // sigmoid(3 x 8.6) is 1 in single precision.
        assert!(named("linear").times(logit(3.0), &snr, "teacher.time").is_err());
        let levels = |low| Some(TimeConfig::LogNormal { mean: -1.2, std: 1.2, low, high: 80.0 });
        assert!(named("variance-exploding").times(levels(0.0), &snr, "teacher.time").is_ok());
    }
}
