use candle_core::Tensor;
use realuid_models::{Condition, Network};
use realuid_paths::{Prediction, PredictionChange};

use crate::conditioning::source_condition;
use crate::framework::Framework;
use crate::{Error, Result};

/// The generator of a matching model: its network's own prediction of the data, at one time or at
/// several.
///
/// At the first time t it is given the point of the path that holds no data: G(s) = data-prediction of
/// net(b(t) source + c(t) latent, t) (arXiv 2509.22459, section 4). On the linear path at t = 0 this is
/// z + velocity(z, 0), in EDM's noise levels D(sigma z; sigma), on a bridge at its source end D(x_T). At
/// each further time the data of the step before are put back on the path, a(t) data + b(t) source +
/// c(t) latent, and predicted again (arXiv 2303.01469, algorithm 1).
pub struct FewSteps<'a> {
    /// Path and prediction of the teacher.
    pub framework: &'a Framework,
    /// Native times of the evaluations, from the source towards the data.
    pub times: &'a [f64],
}

/// What a batch of samples is made of in one step, besides the data of the step before.
///
/// Noise is fresh in each step, and the other half of a pair the same in all of them. A source that is
/// independent of the data is another one in each: the teacher knows points whose two ends say nothing
/// of each other, which those of a sample and of what it was made of would.
#[derive(Clone, Debug)]
pub struct GeneratorInput {
    /// Source end: standard normal noise or an example of the data's sources, `[B, ...]`.
    pub source: Tensor,
    /// Latent noise, `[B, ...]`; present where the path has one.
    pub latent: Option<Tensor>,
    /// What a generator is given besides, `[B, noise channels, ...]`; present where its network
    /// takes it.
    pub noise: Option<Tensor>,
}

impl GeneratorInput {
    /// All its tensors, in an order that is the same for inputs of one shape.
    pub fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let Self { source, latent, noise } = self;
        [source].into_iter().chain(latent).chain(noise)
    }

    /// The same values in memory of its own.
    pub fn copied(&self) -> Result<Self> {
        let optional = |tensor: &Option<Tensor>| tensor.as_ref().map(Tensor::copy).transpose();
        Ok(Self {
            source: self.source.copy()?,
            latent: optional(&self.latent)?,
            noise: optional(&self.noise)?,
        })
    }
}

impl FewSteps<'_> {
    /// Samples of the shape of the sources, in as many evaluations of `network` as there are `inputs`,
    /// at the first of the times.
    ///
    /// Fails where there are no inputs, or more than times.
    pub fn generate(
        &self,
        network: &dyn Network,
        inputs: &[GeneratorInput],
        classes: Option<&Tensor>,
    ) -> Result<Tensor> {
        self.generate_with_last(network, network, inputs, classes)
    }

    /// The same samples with the gradient of the last evaluation alone, which is that of `last`: the
    /// steps ahead of it, those of `earlier`, show it what it will meet in sampling (backward
    /// simulation, arXiv 2405.14867).
    pub fn generate_with_last(
        &self,
        earlier: &dyn Network,
        last: &dyn Network,
        inputs: &[GeneratorInput],
        classes: Option<&Tensor>,
    ) -> Result<Tensor> {
        let Some((end, before)) = inputs.split_last().filter(|_| inputs.len() <= self.times.len())
        else {
            return Err(self.wrong_count(inputs.len()));
        };
        let mut data = None;
        for (input, &time) in before.iter().zip(self.times) {
            let predicted = self.step(earlier, data.as_ref(), (input, time), classes)?;
            // Detached: a draw trains its last evaluation; those before it are but a simulation.
            data = Some(predicted.detach());
        }
        self.step(last, data.as_ref(), (end, self.times[before.len()]), classes)
    }

    /// The data that `network` predicts at a time, of the point of the path that holds `data`, or none.
    fn step(
        &self,
        network: &dyn Network,
        data: Option<&Tensor>,
        (input, time): (&GeneratorInput, f64),
        classes: Option<&Tensor>,
    ) -> Result<Tensor> {
        let GeneratorInput { source, noise, .. } = input;
        let t = Tensor::full(time, source.dim(0)?, source.device())?.to_dtype(source.dtype())?;
        let x = match data {
            Some(data) => self.framework.point(data, input, &t)?,
            None => self.framework.start(input, time)?,
        };
        let condition = Condition {
            classes: classes.cloned(),
            source: source_condition(&network.config(), source),
            noise: noise.clone(),
            dropout: None,
        };
        let value = network.forward(&x, &t, &condition)?;
        let change = PredictionChange { from: self.framework.heads, to: Prediction::Data.into() };
        Ok(change.apply(self.framework.path.as_ref(), &value, &x, &t)?)
    }

    fn wrong_count(&self, found: usize) -> Error {
        Error::Mismatch {
            what: "steps of a generator",
            expected: format!("what 1 to {} of them are made of", self.times.len()),
            found: format!("that of {found}"),
            advice: "give an input for each evaluation".into(),
        }
    }
}
