use candle_core::Tensor;
use realuid_models::{Condition, Network};
use realuid_paths::Prediction;

use crate::Result;
use crate::conditioning::source_condition;
use crate::framework::Framework;

/// The generator of a matching model: its network's own prediction of the data at one time.
///
/// G(s) = data-prediction of net(b(t) source + c(t) latent, t) at the initial time t, the point of the
/// path that holds no data (arXiv 2509.22459, section 4). On the linear path at t = 0 this is z +
/// velocity(z, 0), in EDM's noise levels D(sigma z; sigma), on a bridge at its source end D(x_T).
pub struct OneStep<'a> {
    /// Path and prediction of the teacher.
    pub framework: &'a Framework,
    /// Native time of the evaluation.
    pub initial_time: f64,
}

/// What a batch of samples is made of.
#[derive(Clone, Debug)]
pub struct GeneratorInput {
    /// Source end: standard normal noise or the other half of pairs, `[B, ...]`.
    pub source: Tensor,
    /// Latent noise, `[B, ...]`; present where the path has one.
    pub latent: Option<Tensor>,
    /// What a generator is given besides, `[B, noise channels, ...]`; present where its network
    /// takes it.
    pub noise: Option<Tensor>,
}

impl OneStep<'_> {
    /// Samples of the shape of the source, in one evaluation of `network`.
    pub fn generate(
        &self,
        network: &dyn Network,
        input: &GeneratorInput,
        classes: Option<&Tensor>,
    ) -> Result<Tensor> {
        let GeneratorInput { source, noise, .. } = input;
        let (path, prediction) = (self.framework.path.as_ref(), self.framework.prediction);
        let t = Tensor::full(self.initial_time, source.dim(0)?, source.device())?
            .to_dtype(source.dtype())?;
        let x = self.framework.start(input, self.initial_time)?;
        let condition = Condition {
            classes: classes.cloned(),
            source: source_condition(&network.config(), source),
            noise: noise.clone(),
            dropout: None,
        };
        let value = network.forward(&x, &t, &condition)?;
        Ok(path.convert(&value, prediction, Prediction::Data, &x, &t)?)
    }
}
