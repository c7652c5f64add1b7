//! How a model is used: its path, what its networks predict there, where its source end comes from.

use candle_core::{DType, Device, Tensor};
use realuid_data::Coupling;
use realuid_loss::Weighting;
use realuid_ops::RandomStream;
use realuid_paths::{Ends, Heads, Interpolant, Linear, Prediction};
use serde::{Deserialize, Serialize};

use crate::config::{PathConfig, check_determines};
use crate::model::GeneratorInput;
use crate::{Error, Result};

/// The framework of a model: along which path it matches, what its networks predict there, and what
/// stands at the source end.
pub struct Framework {
    /// The path.
    pub path: Box<dyn Interpolant>,
    /// What teacher, fake model and generator predict.
    pub heads: Heads,
    /// What stands at the source end.
    pub source: SourceEnd,
    has_latent: bool,
}

/// What stands at the source end of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceEnd {
    /// Standard normal noise.
    #[default]
    Noise,
    /// The other half of each pair of the data set.
    Paired,
    /// Examples of another distribution, which say nothing about the data they come with.
    Independent,
}

impl Framework {
    /// The framework that a configuration describes; fails where its path or prediction make none.
    pub fn new(config: &PathConfig, source: SourceEnd) -> Result<Self> {
        let path = config.interpolant()?;
        let (has_latent, heads) = (path.has_latent()?, config.heads()?);
        if heads.main() == Prediction::Score && !has_latent && !source.is_noise() {
            let problem = "expected another prediction than the score, which is defined for normal \
                           noise at the source end, found a source in the data";
            return Err(Error::config("path.prediction", problem));
        }
        Ok(Self { path, heads, source, has_latent })
    }

    /// Flow matching from noise on the linear path: velocities.
    pub fn flow_matching() -> Self {
        Self {
            path: Box::new(Linear),
            heads: Prediction::Velocity.into(),
            source: SourceEnd::Noise,
            has_latent: false,
        }
    }

    /// Fails, blaming `field`, unless the networks' prediction gives `to` at the native time `time`.
    pub fn check_determines(&self, to: Prediction, time: f64, field: &str) -> Result<()> {
        check_determines(self.path.as_ref(), self.heads, to, time)
            .map_err(|problem| Error::config(field, problem))
    }

    /// Whether its points hold a latent besides their two ends.
    pub fn has_latent(&self) -> bool {
        self.has_latent
    }

    /// Where samples begin at the native time `time`, `[B, ...]`: the point of the path that holds no
    /// data.
    pub fn start(&self, input: &GeneratorInput, time: f64) -> Result<Tensor> {
        let source = &input.source;
        let t = Tensor::full(time, source.dim(0)?, source.device())?.to_dtype(source.dtype())?;
        self.point(&source.zeros_like()?, input, &t)
    }

    /// The point of the path between `data` and the source and latent of `input` at the native times
    /// `t` `[B]`, `[B, ...]`.
    pub fn point(&self, data: &Tensor, input: &GeneratorInput, t: &Tensor) -> Result<Tensor> {
        let (source, latent) = (input.source.clone(), input.latent.clone());
        Ok(self.path.interpolate(&Ends { data: data.clone(), source, latent }, t)?)
    }

    /// Weight of each item by its native time `t` `[B]`, `[B]`; `None` where all count alike.
    pub fn weights(&self, weighting: Weighting, t: &Tensor) -> Result<Option<Tensor>> {
        if weighting == Weighting::Constant {
            return Ok(None);
        }
        Ok(Some(weighting.weights(&self.path.coefficients(t)?)?))
    }

    /// The latent noise of a batch of `shape`, if the path has one.
    pub fn latent(
        &self,
        stream: &RandomStream,
        shape: &[usize],
        device: &Device,
    ) -> Result<Option<Tensor>> {
        let latent = self.has_latent.then(|| stream.normal(shape, DType::F32, device));
        Ok(latent.transpose()?)
    }
}

impl SourceEnd {
    /// That of the examples at `uri`.
    pub fn of_data(uri: &str) -> Result<Self> {
        Ok(match realuid_data::open(uri)?.coupling() {
            None => Self::Noise,
            Some(Coupling::Paired) => Self::Paired,
            Some(Coupling::Independent) => Self::Independent,
        })
    }

    /// Whether it is noise, which needs no data.
    pub fn is_noise(&self) -> bool {
        *self == Self::Noise
    }
}
