use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::input::check_input;
use crate::options::positive;
use crate::{Condition, Discriminator, Error, Execution, Network, NetworkConfig, Result};

/// Preconditioning of a denoiser by its noise level sigma (Karras et al., arXiv 2206.00364, table 1
/// and equation 7): with F the bare network,
///
/// ```text
/// D(x; sigma) = c_skip x + c_out F(c_in x; c_noise)
/// c_skip = sigma_data^2 / (sigma^2 + sigma_data^2)    c_out = sigma sigma_data / sqrt(sigma^2 + sigma_data^2)
/// c_in   = 1 / sqrt(sigma^2 + sigma_data^2)           c_noise = ln(sigma) / 4
/// ```
///
/// The input and the target of F then have variance 1 at every noise level. The network so built is
/// D: its times are sigma, not below 0, and its prediction is the data, with D(x; 0) = x. Source end
/// and noise channels are handed to F as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdmPreconditioning {
    /// Standard deviation of the data's values, in their units; 0.5 for images in [-1, 1].
    pub sigma_data: f64,
}

impl EdmPreconditioning {
    pub(crate) fn validate(self) -> Result<()> {
        if positive(self.sigma_data) {
            return Ok(());
        }
        Err(Error::Config {
            field: "preconditioning.sigma_data",
            expected: "a finite number above 0".into(),
            found: self.sigma_data.to_string(),
        })
    }

    /// The scales at the noise levels `sigma` `[B]`, each shaped to broadcast over `rank` axes but
    /// for that of the noise level.
    fn scales(self, sigma: &Tensor, rank: usize) -> Result<Scales> {
        let mut shape = vec![1; rank];
        shape[0] = sigma.dim(0)?;
        let variance = self.sigma_data * self.sigma_data;
        let total = sigma.sqr()?.affine(1.0, variance)?;
        let input = total.sqrt()?.recip()?;
        // At sigma = 0 the logarithm must be finite, for c_out = 0 to remove what F makes of it.
        let noise = (sigma.maximum(f64::from(f32::MIN_POSITIVE))?.log()? * 0.25)?;
        Ok(Scales {
            skip: (total.recip()? * variance)?.reshape(&shape[..])?,
            out: ((sigma * &input)? * self.sigma_data)?.reshape(&shape[..])?,
            input: input.reshape(&shape[..])?,
            noise,
        })
    }
}

/// What stands around the bare network at one batch of noise levels.
struct Scales {
    skip: Tensor,
    out: Tensor,
    input: Tensor,
    noise: Tensor,
}

/// A bare network and the scales around it.
pub(crate) struct Preconditioned<N> {
    bare: N,
    preconditioning: EdmPreconditioning,
    data_shape: Vec<usize>,
    execution: Execution,
}

impl<N> Preconditioned<N> {
    pub fn new(
        bare: N,
        preconditioning: EdmPreconditioning,
        data_shape: Vec<usize>,
        execution: Execution,
    ) -> Self {
        Self { bare, preconditioning, data_shape, execution }
    }

    fn scales(&self, x: &Tensor, sigma: &Tensor) -> Result<Scales> {
        self.execution.check(x)?;
        check_input(x, sigma, &self.data_shape)?;
        // In half precision neither the largest noise levels nor their squares are numbers.
        let working = if x.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
        let scales = self.preconditioning.scales(&sigma.to_dtype(working)?, x.rank())?;
        let cast = |scale: Tensor| scale.to_dtype(x.dtype());
        Ok(Scales {
            skip: cast(scales.skip)?,
            out: cast(scales.out)?,
            input: cast(scales.input)?,
            noise: scales.noise,
        })
    }
}

impl Network for Preconditioned<Box<dyn Network>> {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let scales = self.scales(x, t)?;
        let inner =
            self.bare.forward(&x.broadcast_mul(&scales.input)?, &scales.noise, condition)?;
        Ok((x.broadcast_mul(&scales.skip)? + inner.broadcast_mul(&scales.out)?)?)
    }

    fn config(&self) -> NetworkConfig {
        self.bare.config()
    }
}

impl Discriminator for Preconditioned<Box<dyn Discriminator>> {
    /// The logits of the bare network's head, at the scaled point.
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let scales = self.scales(x, t)?;
        self.bare.logits(&x.broadcast_mul(&scales.input)?, &scales.noise, condition)
    }
}
