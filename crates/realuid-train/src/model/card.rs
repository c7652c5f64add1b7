use std::path::Path;

use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Role {
    /// A matching model: samples come from solving an equation.
    Teacher,
    /// A one-step generator: samples come from one evaluation.
    Generator {
        /// Native time of the one evaluation.
        initial_time: f64,
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
