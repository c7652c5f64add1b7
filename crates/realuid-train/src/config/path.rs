use candle_core::{Device, Tensor};
use realuid_paths::{GaussianPath, Interpolant, Prediction};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::determines::check_determines;
use super::path_name::Built;
use super::{PathName, TimeConfig};
use crate::{Error, Result};

/// `teacher.path`: the framework of the teacher.
///
/// In TOML one table: `name` (`linear` if it is missing), the parameters of that path, and
/// `prediction` (what is usual on the path if it is missing).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table")]
pub struct PathConfig {
    /// The interpolation path, with its parameters.
    #[serde(flatten)]
    pub name: PathName,
    /// What the network predicts.
    pub prediction: String,
}

impl PathConfig {
    /// The interpolant itself; fails where the parameters make none.
    pub fn interpolant(&self) -> Result<Box<dyn Interpolant>> {
        Ok(match self.name.build()? {
            Built::Gaussian(path) => path,
            Built::Latent(path) => path,
        })
    }

    /// The same for a path without latent, on which teachers of other such paths can be used.
    pub fn gaussian(&self) -> Result<Box<dyn GaussianPath>> {
        match self.name.build()? {
            Built::Gaussian(path) => Ok(path),
            Built::Latent(_) => {
                let problem = format!("expected a path without latent, found {:?}", self.name);
                Err(Error::config("path.name", problem))
            }
        }
    }

    /// The prediction; an error where the name is unknown, or where nothing can be sampled with it
    /// from [`start`](Self::start).
    pub fn prediction(&self) -> Result<Prediction> {
        self.check_start(self.start()?)?;
        self.named_prediction()
    }

    /// Native time at which sampling begins: the source end. A network that predicts the noise of a
    /// diffusion says next to nothing of the data where no signal is left, so it begins no later than
    /// diffusions with a linear schedule do (Lu et al., arXiv 2206.00927, on the cosine schedule).
    pub fn start(&self) -> Result<f64> {
        let end = self.interpolant()?.times().source;
        if self.predicts_noise_of_diffusion()? { self.time_at(LOWEST_LOG_SNR) } else { Ok(end) }
    }

    /// Native time of the one step of a generator whose recipe does not say: where
    /// sampling begins. For predictions of noise, and in noise levels, that would be far too noisy for
    /// one step: there it is where the noise is 2.5 times as strong as the data's coefficient (sigma =
    /// 2.5, Zhou et al., arXiv 2404.04057).
    pub fn generator_start(&self) -> Result<f64> {
        if self.name.is_in_levels() || self.predicts_noise_of_diffusion()? {
            return self.time_at(-2.0 * f64::ln(2.5));
        }
        self.start()
    }

    fn predicts_noise_of_diffusion(&self) -> Result<bool> {
        let predicts_noise =
            [Prediction::Source, Prediction::Score].contains(&self.named_prediction()?);
        Ok(predicts_noise && self.name.is_diffusion())
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

    /// Fails unless a sampler or a generator can begin at the native time `time` with what the
    /// network predicts: it must tell the data there or, on a path with latent, be the velocity.
    pub fn check_start(&self, time: f64) -> Result<()> {
        let (path, prediction) = (self.interpolant()?, self.named_prediction()?);
        if path.has_latent()? && prediction == Prediction::Velocity {
            return Ok(());
        }
        check_determines(path.as_ref(), prediction, Prediction::Data, time)
            .map_err(|problem| Error::config("path.prediction", problem))
    }

    /// The distribution of training times `chosen`, or what is usual on this path; fails where its
    /// numbers make none or leave the path's times. `origin` names the table.
    pub fn times(&self, chosen: Option<TimeConfig>, origin: &str) -> Result<TimeConfig> {
        let times = chosen.unwrap_or_else(|| self.name.usual_times());
        times.distribution()?;
        times.check_within(self.interpolant()?.times(), origin)?;
        Ok(times)
    }

    fn named_prediction(&self) -> Result<Prediction> {
        self.prediction
            .parse()
            .map_err(|e: realuid_paths::Error| Error::config("path.prediction", e.to_string()))
    }
}

/// Just below that of the last step of DDPM's linear schedule, -10.1.
const LOWEST_LOG_SNR: f64 = -10.2;

/// By hand, because serde does not refuse unknown keys of a table that holds another.
impl TryFrom<Table> for PathConfig {
    type Error = String;

    fn try_from(mut table: Table) -> std::result::Result<Self, String> {
        let prediction = match table.remove("prediction") {
            None => None,
            Some(Value::String(name)) => Some(name),
            Some(other) => return Err(format!("prediction: expected text, found {other}")),
        };
        table.entry("name").or_insert_with(|| "linear".into());
        let name: PathName = Value::Table(table).try_into().map_err(|e| e.to_string())?;
        let usual = || name.usual_prediction().name().to_owned();
        Ok(Self { prediction: prediction.unwrap_or_else(usual), name })
    }
}

impl Default for PathConfig {
    fn default() -> Self {
        let name = PathName::Linear {};
        Self { prediction: name.usual_prediction().name().to_owned(), name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 12] = [
        "linear",
        "gvp",
        "vp-linear",
        "cosine",
        "ddpm-linear",
        "ddpm-cosine",
        "variance-exploding",
        "brownian-bridge",
        "i2sb",
        "ddbm-vp",
        "ddbm-ve",
        "stochastic-interpolant",
    ];

    fn read(table: &str) -> std::result::Result<PathConfig, toml::de::Error> {
        toml::from_str(table)
    }

    fn named(name: &str) -> PathConfig {
        read(&format!("name = {name:?}")).unwrap()
    }

    #[test]
    fn every_name_is_enough_and_its_defaults_fit() {
        for name in NAMES {
            let config = named(name);
            let path = config.interpolant().unwrap();
            assert_eq!(path.has_latent().unwrap(), config.gaussian().is_err(), "{name}");
            config.prediction().unwrap();
            config.times(None, "test").unwrap();
            let written = toml::to_string(&config).unwrap();
            assert_eq!(read(&written).unwrap(), config, "{written}");
            let card = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<PathConfig>(&card).unwrap(), config, "{card}");
        }
    }

    #[test]
    fn an_older_card_is_read_and_the_default_is_flow_matching() {
        let card = r#"{ "name": "linear", "prediction": "velocity" }"#;
        assert_eq!(serde_json::from_str::<PathConfig>(card).unwrap(), PathConfig::default());
        assert_eq!(read("").unwrap(), PathConfig::default());
        let data = read("prediction = \"data\"").unwrap();
        assert_eq!(data.prediction().unwrap(), Prediction::Data);
    }

    #[test]
    fn parameters_reach_the_path() {
        let config = read("name = \"vp-linear\"\nbeta_min = 0.2\nbeta_max = 8").unwrap();
        let t = Tensor::new(&[1.0], &Device::Cpu).unwrap();
        let a = config.interpolant().unwrap().coefficients(&t).unwrap().data;
        // exp(-(0.2 + 8) / 4)
        assert!((a.to_vec1::<f64>().unwrap()[0] - (-2.05_f64).exp()).abs() < 1e-15);
        let config = read("name = \"ddpm-cosine\"\nsteps = 50").unwrap();
        assert_eq!(
            config.times(None, "test").unwrap(),
            TimeConfig::DiscreteUniform { low: 0, high: 49 }
        );
    }

    #[test]
    fn unknown_names_and_parameters_are_errors_that_name_them() {
        for (table, expected) in [
            ("name = \"circle\"", "unknown variant `circle`"),
            ("name = \"gvp\"\nbeta_min = 0.1", "unknown field `beta_min`"),
            ("name = \"vp-linear\"\nepsilon = 0.1", "unknown field `epsilon`"),
            ("prediction = 3", "expected text, found 3"),
        ] {
            let message = read(table).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        for table in [
            "name = \"vp-linear\"\nbeta_min = 0",
            "name = \"variance-exploding\"\nsigma_min = 90",
            "name = \"stochastic-interpolant\"\ngamma = \"t\"",
            "name = \"ddpm-linear\"\nsteps = 1",
        ] {
            assert!(read(table).unwrap().interpolant().is_err(), "{table}");
        }
    }

    #[test]
    fn a_prediction_must_give_the_data_where_sampling_begins() {
        let predicts = |name: &str, prediction: &str| {
            let config = PathConfig { prediction: prediction.into(), ..named(name) };
            config.prediction().is_ok()
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
        let config = PathConfig { prediction: "source".into(), ..named("linear") };
        assert!(config.check_start(0.0).is_err() && config.check_start(0.2).is_ok());
    }

    #[test]
    fn a_network_that_predicts_noise_begins_where_some_signal_is_left() {
        let begins = |name: &str, prediction: &str| {
            let config = PathConfig { prediction: prediction.into(), ..named(name) };
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
            let message = named(name).times(Some(times), "teacher.time").unwrap_err().to_string();
            assert!(message.contains("teacher.time"), "{message}");
        }
    }
}
