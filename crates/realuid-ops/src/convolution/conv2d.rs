use candle_core::Tensor;

use super::algorithm::Algorithm;
use super::kernel::{FusedConvolution, Norm};
use super::{Geometry, Resolution};
use crate::error::argument;
use crate::norm::{GroupNorm, check, check_modulation};
use crate::tape::apply;
use crate::{Result, Value};

/// Geometry of a two-dimensional convolution, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dConfig {
    /// Distance between output positions, in input pixels; at least 1.
    pub stride: usize,
    /// Zeros added on every side, in pixels.
    pub padding: usize,
}

impl Default for Conv2dConfig {
    fn default() -> Self {
        Self { stride: 1, padding: 0 }
    }
}

/// Cross-correlation of `x` [B, H, W, C] with `weight` [O, C, K, K], plus `bias` `[O]` ->
/// [B, H', W', O], where H' = (H + 2 padding - K) / stride + 1, rounded down.
pub fn conv2d(
    x: &Value,
    weight: &Tensor,
    bias: Option<&Tensor>,
    config: Conv2dConfig,
) -> Result<Value> {
    Convolution::new(weight, bias, config).apply(x)
}

/// A convolution together with its neighbours: what comes before it is done while it reads, what
/// comes after it while it writes.
#[derive(Clone, Copy, Debug)]
pub struct Convolution<'a> {
    weight: &'a Tensor,
    bias: Option<&'a Tensor>,
    config: Conv2dConfig,
    norm: Option<&'a GroupNorm>,
    modulation: Option<&'a Value>,
    resolution: Resolution,
    per_image: Option<&'a Value>,
    residual: Option<&'a Value>,
}

impl<'a> Convolution<'a> {
    /// The convolution alone, as [`conv2d`].
    pub fn new(weight: &'a Tensor, bias: Option<&'a Tensor>, config: Conv2dConfig) -> Self {
        Self {
            weight,
            bias,
            config,
            norm: None,
            modulation: None,
            resolution: Resolution::Full,
            per_image: None,
            residual: None,
        }
    }

    /// Of [`group_norm_silu(x, norm, modulation)`](crate::group_norm_silu) instead of x.
    #[must_use]
    pub fn after_norm_silu(self, norm: &'a GroupNorm, modulation: Option<&'a Value>) -> Self {
        Self { norm: Some(norm), modulation, ..self }
    }

    /// Of [`upsample_nearest2d(.., 2)`](crate::upsample_nearest2d) of what it would be of.
    #[must_use]
    pub fn after_doubling(self) -> Self {
        Self { resolution: Resolution::Half, ..self }
    }

    /// Plus `e` [B, O] at every pixel: how the embedding of time and class enters a residual block
    /// (Ho et al. 2020).
    #[must_use]
    pub fn plus_per_image(self, e: &'a Value) -> Self {
        Self { per_image: Some(e), ..self }
    }

    /// Plus `residual` [B, H', W', O].
    #[must_use]
    pub fn plus(self, residual: &'a Value) -> Self {
        Self { residual: Some(residual), ..self }
    }

    /// Everything asked for, of `x` [B, H, W, C] -> [B, H', W', O].
    pub fn apply(&self, x: &Value) -> Result<Value> {
        let geometry = self.geometry(x)?;
        let norm = match self.norm {
            Some(norm) => {
                let sizes = check("conv2d", x, norm)?;
                check_modulation("conv2d", sizes, self.modulation)?;
                Some(Norm::new(sizes, norm.eps))
            }
            None => None,
        };
        let algorithm = Algorithm::new(geometry);
        let kernel = FusedConvolution { algorithm, resolution: self.resolution, norm };
        let weight = x.join(self.weight)?;
        let join = |tensor: Option<&Tensor>| tensor.map(|tensor| x.join(tensor)).transpose();
        let bias = join(self.bias)?;
        let norm_weight = join(self.norm.map(|norm| &norm.weight))?;
        let norm_bias = join(self.norm.map(|norm| &norm.bias))?;
        let inputs = [
            Some(x),
            Some(&weight),
            bias.as_ref(),
            norm_weight.as_ref(),
            norm_bias.as_ref(),
            self.modulation,
            self.per_image,
            self.residual,
        ];
        apply(kernel, inputs)
    }

    /// The sizes, if everything fits.
    fn geometry(&self, x: &Value) -> Result<Geometry> {
        let mut dims = x.dims().to_vec();
        if let (Resolution::Half, [_, height, width, _]) = (self.resolution, &mut dims[..]) {
            *height *= 2;
            *width *= 2;
        }
        let geometry = Geometry::new(&dims, self.weight.dims(), self.config)?;
        let Geometry { batch, filters, out_height, out_width, .. } = geometry;
        let image = [batch, out_height, out_width, filters];
        let expected: [Expectation; 3] = [
            ("bias", self.bias.map(Tensor::dims), &[filters]),
            ("value per image", self.per_image.map(Value::dims), &[batch, filters]),
            ("residual", self.residual.map(Value::dims), &image),
        ];
        for (name, found, expected) in expected {
            if let Some(found) = found.filter(|found| *found != expected) {
                let found = format!("{found:?}");
                return Err(argument("conv2d", format!("a {name} {expected:?}"), found));
            }
        }
        Ok(geometry)
    }
}

/// An argument's name, its shape if it is given, and what that should be.
type Expectation<'a> = (&'a str, Option<&'a [usize]>, &'a [usize]);
