use std::fmt::{self, Display, Formatter};
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize};

use crate::config::PathConfig;
use crate::framework::SourceEnd;
use crate::{Error, Result, files};

/// File name of a model's card inside its folder.
const FILE: &str = "realuid.json";

/// How the network in a folder is to be used; it lies beside the network's own `config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// Version of this format.
    pub format: u32,
    /// Teacher or generator.
    pub role: Role,
    /// The path the teacher was trained on, and what the network predicts.
    pub path: PathConfig,
    /// What stands at the source end of the path.
    #[serde(default, skip_serializing_if = "SourceEnd::is_noise")]
    pub source: SourceEnd,
    /// Which weights to use where none are named: `model`, or an average such as `ema-0.999`.
    pub weights: String,
    /// The data it was trained on.
    pub data: String,
}

/// What a network is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Role {
    /// A matching model: samples come from solving an equation.
    Teacher,
    /// A generator: samples come from one evaluation, or from a few.
    Generator {
        /// Native times of the evaluations, from the source towards the data. Older cards have one
        /// number, `initial_time`.
        #[serde(alias = "initial_time", deserialize_with = "one_or_several")]
        times: Vec<f64>,
    },
}

impl ModelCard {
    /// The format written by this version.
    pub const FORMAT: u32 = 1;

    /// Writes the card into the model folder `folder`.
    pub fn save(&self, folder: &Path) -> Result<()> {
        files::replace(&folder.join(FILE), files::to_json(self).as_bytes())
    }

    /// Reads the card of the model folder `folder`.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let card: Self = files::read_json(&path)?;
        if card.format == Self::FORMAT {
            return Ok(card);
        }
        Err(Error::Folder {
            path,
            expected: format!("format {}", Self::FORMAT),
            found: format!("format {}", card.format),
            advice: "use the version of realuid that wrote it".into(),
        })
    }

    /// Whether `folder` holds a card.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILE).is_file()
    }
}

impl Display for Role {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Teacher => write!(f, "teacher"),
            Self::Generator { times } => {
                write!(f, "generator, evaluations at the times {times:?}: {}", times.len())
            }
        }
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(times: D) -> std::result::Result<Vec<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a native time or a list of them")]
    enum Times {
        One(f64),
        Several(Vec<f64>),
    }
    Ok(match Times::deserialize(times)? {
        Times::One(time) => vec![time],
        Times::Several(times) => times,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generator_of_one_step_is_read_from_an_older_card() {
        let read = |text: &str| serde_json::from_str::<Role>(text);
        let older = read(r#"{ "generator": { "initial_time": 0.25 } }"#).unwrap();
        assert_eq!(older, Role::Generator { times: vec![0.25] });
        let role = Role::Generator { times: vec![2.5, 0.5] };
        let written = serde_json::to_string(&role).unwrap();
        assert_eq!(written, r#"{"generator":{"times":[2.5,0.5]}}"#);
        assert_eq!(read(&written).unwrap(), role);
        assert!(read(r#"{ "generator": {} }"#).is_err());
    }
}
