use std::path::Path;

use candle_core::Device;
use realuid_models::{NetworkConfig, widen_parameters};
use realuid_ops::Parameters;

use crate::model::{ModelCard, Role};
use crate::{Error, Result, weights};

/// A model that a player starts from.
pub(super) struct Start {
    pub card: ModelCard,
    pub config: NetworkConfig,
    pub parameters: Parameters,
}

impl Start {
    /// The teacher in the model folder `folder`.
    pub fn teacher(folder: &Path, device: &Device) -> Result<Self> {
        let start = Self::load(folder, device)?;
        if start.card.role == Role::Teacher {
            return Ok(start);
        }
        Err(Error::Mismatch {
            what: "teacher of the distillation",
            expected: "a matching model".into(),
            found: "a generator".into(),
            advice:
                "give the teacher with --teacher; a generator to go on from is given with --from"
                    .into(),
        })
    }

    /// This model with the inputs that `network` has besides; at first the same function.
    pub fn widened(&self, network: &NetworkConfig) -> Result<Self> {
        Ok(Self {
            card: self.card.clone(),
            config: network.clone(),
            parameters: widen_parameters(&self.config, &self.parameters, network)?,
        })
    }

    /// The generator in the model folder `folder`, which must be one that `teacher` could have
    /// become with `network`, evaluated at the native times `times`.
    pub fn generator(
        folder: &Path,
        teacher: &Self,
        network: &NetworkConfig,
        times: &[f64],
        device: &Device,
    ) -> Result<Self> {
        let start = Self::load(folder, device)?;
        let role = Role::Generator { times: times.to_vec() };
        let describe = |role: &Role, card: &ModelCard, network: &NetworkConfig| {
            format!(
                "{role:?} on {:?} from {:?} with the network {network:?}",
                card.path, card.source
            )
        };
        let expected = describe(&role, &teacher.card, network);
        let found = describe(&start.card.role, &start.card, &start.config);
        if expected == found {
            return Ok(start);
        }
        Err(Error::Mismatch {
            what: "generator to go on from",
            expected,
            found,
            advice: "give a generator distilled from this teacher, and set \
                     distill.generator.times to the times it was distilled at"
                .into(),
        })
    }

    fn load(folder: &Path, device: &Device) -> Result<Self> {
        let card = ModelCard::load(folder)?;
        let config = weights::load_config(folder)?;
        let parameters = weights::load_parameters(folder, &card.weights, &config, device)?;
        Ok(Self { card, config, parameters })
    }
}
