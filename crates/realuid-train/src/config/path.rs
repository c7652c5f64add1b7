use realuid_paths::{GaussianPath, Heads, Interpolant};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::PathName;
use super::heads::{read, write};
use super::path_name::Built;
use crate::{Error, Result};

/// `teacher.path`: the framework of the teacher.
///
/// In TOML one table: `name` (`linear` if it is missing), the parameters of that path, and
/// `prediction` (what is usual on the path if it is missing): a name, or a list of names where the
/// network has several heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table")]
pub struct PathConfig {
    /// The interpolation path, with its parameters.
    #[serde(flatten)]
    pub name: PathName,
    /// What the network predicts.
    #[serde(serialize_with = "write")]
    pub prediction: Heads,
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

    /// What the network predicts; an error where it does not fit the path, or where nothing can be
    /// sampled with it from [`start`](Self::start).
    pub fn heads(&self) -> Result<Heads> {
        if self.prediction.with_latent() && !self.interpolant()?.has_latent()? {
            let found = format!(
                "expected one prediction on a path without latent, found {}",
                self.prediction
            );
            return Err(Error::config("path.prediction", found));
        }
        self.check_start(self.start()?)?;
        Ok(self.prediction)
    }
}

/// By hand, because serde does not refuse unknown keys of a table that holds another.
impl TryFrom<Table> for PathConfig {
    type Error = String;

    fn try_from(mut table: Table) -> std::result::Result<Self, String> {
        let prediction = table.remove("prediction").map(read).transpose()?;
        table.entry("name").or_insert_with(|| "linear".into());
        let name: PathName = Value::Table(table).try_into().map_err(|e| e.to_string())?;
        Ok(Self { prediction: prediction.unwrap_or(name.usual_prediction().into()), name })
    }
}

impl Default for PathConfig {
    fn default() -> Self {
        let name = PathName::Linear {};
        Self { prediction: name.usual_prediction().into(), name }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use realuid_paths::Prediction;

    use super::*;
    use crate::config::{LossForm, TimeConfig};

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
            config.heads().unwrap();
            config.times(None, &LossForm::default(), "test").unwrap();
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
        assert_eq!(data.heads().unwrap(), Prediction::Data.into());
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
            config.times(None, &LossForm::default(), "test").unwrap(),
            TimeConfig::DiscreteUniform { low: 0, high: 49 }
        );
    }

    #[test]
    fn unknown_names_and_parameters_are_errors_that_name_them() {
        for (table, expected) in [
            ("name = \"circle\"", "unknown variant `circle`"),
            ("name = \"gvp\"\nbeta_min = 0.1", "unknown field `beta_min`"),
            ("name = \"vp-linear\"\nepsilon = 0.1", "unknown field `epsilon`"),
            ("prediction = 3", "expected a name or a list of names, found 3"),
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
}
