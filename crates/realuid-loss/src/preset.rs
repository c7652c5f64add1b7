use std::fmt;
use std::str::FromStr;

use realuid_paths::Prediction;

use crate::{Error, RealUid, Result};

/// A published method by its name: only a choice of coefficients, weight and prediction of the one
/// objective [`RealUid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Data-free universal inverse distillation (arXiv 2509.22459).
    Uid,
    /// RealUID at the paper's coefficients for unconditional CIFAR-10, alpha = gamma = 0.92, beta =
    /// 0.94 (arXiv 2509.22459).
    RealUid,
    /// Correction of the teacher by half of its gap to the data, alpha = 0.5, beta = gamma = 2 (ours);
    /// [`RealUid::correction`] for other fractions.
    Correction,
    /// Flow generator matching (arXiv 2410.19310): UID in the velocity.
    Fgm,
    /// Score identity distillation (arXiv 2404.04057) with its alpha = 1.2, that is kappa = 2.4: UID in
    /// the data, normalised; [`RealUid::with_kappa`] for other values.
    Sid,
    /// Inverse bridge matching distillation (arXiv 2502.01362): UID in the data, on a bridge.
    Ibmd,
}

/// What a [`Preset`] chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PresetSettings {
    /// The objective with its coefficients.
    pub objective: RealUid,
    /// The prediction in which the loss is taken; `None` for that of the networks themselves.
    pub prediction: Option<Prediction>,
    /// Weight of each item in the generator's loss.
    pub generator_weight: GeneratorWeight,
}

/// Weight of each item in the generator's loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GeneratorWeight {
    /// The weighting by time that the run has for both players.
    OfTime,
    /// [`data_normaliser`](crate::data_normaliser), in the place of a weighting by time.
    DataNormaliser,
}

impl Preset {
    /// Every preset, in the order of the declaration.
    pub const ALL: [Self; 6] =
        [Self::Uid, Self::RealUid, Self::Correction, Self::Fgm, Self::Sid, Self::Ibmd];

    /// The name used in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uid => "uid",
            Self::RealUid => "realuid",
            Self::Correction => "correction",
            Self::Fgm => "fgm",
            Self::Sid => "sid",
            Self::Ibmd => "ibmd",
        }
    }

    /// What it stands for.
    pub fn settings(self) -> Result<PresetSettings> {
        let objective = match self {
            Self::Uid | Self::Fgm | Self::Ibmd => RealUid::uid(),
            Self::RealUid => RealUid::new(0.92, 0.94)?,
            Self::Correction => RealUid::correction(0.5)?,
            Self::Sid => RealUid::uid().with_kappa(2.0 * 1.2)?,
        };
        let prediction = match self {
            Self::Uid | Self::RealUid | Self::Correction => None,
            Self::Fgm => Some(Prediction::Velocity),
            Self::Sid | Self::Ibmd => Some(Prediction::Data),
        };
        let generator_weight = match self {
            Self::Sid => GeneratorWeight::DataNormaliser,
            _ => GeneratorWeight::OfTime,
        };
        Ok(PresetSettings { objective, prediction, generator_weight })
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(|| Error::Name {
            what: "preset",
            known: known(),
            found: name.into(),
        })
    }
}
