//! Where on their path sampling and generators begin.

use candle_core::{Device, Tensor};
use realuid_paths::{Prediction, time_at_log_ratio};

use super::PathConfig;
use super::determines::check_determines;
use crate::{Error, Result};

/// Just below that of the last step of DDPM's linear schedule, -10.1.
const LOWEST_LOG_SNR: f64 = -10.2;

/// How many times as strong as the data's the noise is where a generator begins that cannot begin at
/// the source end (sigma = 2.5, Zhou et al., arXiv 2404.04057).
const GENERATOR_NOISE: f64 = 2.5;

impl PathConfig {
    /// Native time at which sampling begins: the source end. A network that predicts the noise of a
    /// diffusion says next to nothing of the data where no signal is left, so it begins no later than
    /// diffusions with a linear schedule do (Lu et al., arXiv 2206.00927, on the cosine schedule).
    pub fn start(&self) -> Result<f64> {
        let end = self.interpolant()?.times().source;
        if self.predicts_noise_of_diffusion() { self.time_at(LOWEST_LOG_SNR) } else { Ok(end) }
    }

    /// Native time of the one step of a generator whose recipe does not say: where sampling begins. For predictions of noise, and in noise levels, that would be far too noisy for
    /// one step, and from velocity and latent the data do not follow where the latent's rate is
    /// infinite: there it is where the source's coefficient is 2.5 times the data's.
    pub fn generator_start(&self) -> Result<f64> {
        if self.name.is_in_levels() || self.predicts_noise_of_diffusion() {
            return self.time_at(-2.0 * f64::ln(GENERATOR_NOISE));
        }
        let start = self.start()?;
        if self.prediction.with_latent() && self.check_data(start).is_err() {
            return Ok(time_at_log_ratio(self.interpolant()?.as_ref(), -GENERATOR_NOISE.ln())?);
        }
        Ok(start)
    }

    /// Fails unless a sampler or a generator can begin at the native time `time` with what the
    /// network predicts: it must tell the data there or, on a path with latent, be the velocity.
    pub fn check_start(&self, time: f64) -> Result<()> {
        if self.prediction.main() == Prediction::Velocity && self.interpolant()?.has_latent()? {
            return Ok(());
        }
        self.check_data(time)
    }

    fn check_data(&self, time: f64) -> Result<()> {
        check_determines(self.interpolant()?.as_ref(), self.prediction, Prediction::Data, time)
            .map_err(|problem| Error::config("path.prediction", problem))
    }

    fn predicts_noise_of_diffusion(&self) -> bool {
        let noise = [Prediction::Source, Prediction::Score];
        noise.contains(&self.prediction.main()) && self.name.is_diffusion()
    }

    /// The time at which a path without latent has this log-SNR, or its source end if it has more
    /// there.
    fn time_at(&self, log_snr: f64) -> Result<f64> {
        let (path, end) = (self.gaussian()?, self.interpolant()?.times().source);
        let at_end = path.log_snr(&Tensor::new(&[end], &Device::Cpu)?)?.to_vec1::<f64>()?[0];
        if at_end >= log_snr {
            return Ok(end);
        }
        let wanted = Tensor::new(&[log_snr], &Device::Cpu)?;
        Ok(path.time_at_log_snr(&wanted)?.to_vec1::<f64>()?[0])
    }
}

#[cfg(test)]
mod tests {
    use realuid_paths::PathPoint;

    use super::*;

    fn named(name: &str) -> PathConfig {
        toml::from_str(&format!("name = {name:?}")).unwrap()
    }

    #[test]
    fn a_prediction_must_give_the_data_where_sampling_begins() {
        let predicts = |name: &str, prediction: &str| {
            let config = PathConfig {
                prediction: prediction.parse::<Prediction>().unwrap().into(),
                ..named(name)
            };
            config.heads().is_ok()
        };
        for name in ["linear", "gvp"] {
            assert!(!predicts(name, "source") && !predicts(name, "score"), "{name}");
            assert!(predicts(name, "velocity") && predicts(name, "data") && predicts(name, "v"));
        }
        for name in ["vp-linear", "cosine", "ddpm-linear", "ddpm-cosine", "variance-exploding"] {
            assert!(predicts(name, "source") && predicts(name, "v"), "{name}");
        }
        for name in ["brownian-bridge", "i2sb", "ddbm-vp", "ddbm-ve", "stochastic-interpolant"] {
            assert!(predicts(name, "data") && predicts(name, "velocity"), "{name}");
            assert!(predicts(name, "drift"), "{name}");
            assert!(!predicts(name, "latent") && !predicts(name, "source"), "{name}");
        }
        // What a generator cannot begin with at the very end, it can inside.
        let config = PathConfig { prediction: Prediction::Source.into(), ..named("linear") };
        assert!(config.check_start(0.0).is_err() && config.check_start(0.2).is_ok());
    }

    #[test]
    fn a_network_that_predicts_noise_begins_where_some_signal_is_left() {
        let begins = |name: &str, prediction: &str| {
            let config = PathConfig {
                prediction: prediction.parse::<Prediction>().unwrap().into(),
                ..named(name)
            };
            let path = config.gaussian().unwrap();
            [config.start().unwrap(), config.generator_start().unwrap()].map(|time| {
                let k = path.coefficients(&Tensor::new(&[time], &Device::Cpu).unwrap()).unwrap();
                let value = |c: &Tensor| c.to_vec1::<f64>().unwrap()[0];
                (time, value(&k.source) / value(&k.data))
            })
        };
        for name in ["cosine", "ddpm-cosine"] {
            let [(_, sigma), (_, of_generator)] = begins(name, "source");
            assert!((sigma / (10.2_f64 / 2.0).exp() - 1.0).abs() < 1e-9, "{name}: {sigma}");
            assert!((of_generator - 2.5).abs() < 1e-9, "{name}");
        }
        // Here the last step still has more signal than that.
        assert!((begins("ddpm-linear", "source")[0].0 - 999.0).abs() < 1e-12);
        assert!((begins("cosine", "v")[0].0 - 1.0).abs() < 1e-12);
        let [(start, _), (of_generator, _)] = begins("variance-exploding", "data");
        assert!((start - 80.0).abs() < 1e-12 && (of_generator - 2.5).abs() < 1e-9);
    }

    #[test]
    fn a_generator_of_velocity_and_latent_begins_where_they_give_the_data() {
        let begins = |table: &str| {
            let config: PathConfig = toml::from_str(table).unwrap();
            config.heads().unwrap();
            let time = config.generator_start().unwrap();
            let point = PathPoint::of(config.interpolant().unwrap().as_ref(), time).unwrap();
            (time, point.source / point.data)
        };
        let interpolant =
            "name = \"stochastic-interpolant\"\nprediction = [\"velocity\", \"latent\"]";
        for gamma in ["t (1 - t)", "sin^2(pi t)"] {
            let (time, _) = begins(&format!("{interpolant}\ngamma = {gamma:?}"));
            assert!(time.abs() <= 0.0, "{gamma}: {time}");
        }
        let (time, ratio) = begins(interpolant);
        assert!((time - 2.0 / 7.0).abs() < 1e-15 && (ratio - 2.5).abs() < 1e-12, "{time}");
        for bridge in ["brownian-bridge", "i2sb", "ddbm-vp", "ddbm-ve"] {
            let table = format!("name = {bridge:?}\nprediction = [\"velocity\", \"latent\"]");
            let (_, ratio) = begins(&table);
            assert!((ratio - 2.5).abs() < 1e-9, "{bridge}: {ratio}");
        }
    }
}
