use realuid_ops::{
    Conv2dConfig, GroupNorm, RandomStream, Value, avg_pool2d, group_norm_silu, upsample_nearest2d,
};

use crate::Result;
use crate::layers::{Conv2d, ConvShape, Dropout, Linear, group_norm32};
use crate::scope::Scope;

/// What a residual block is made of.
#[derive(Clone, Copy)]
pub(crate) struct ResidualConfig {
    pub inputs: usize,
    pub outputs: usize,
    /// Width of the time and class embedding.
    pub embedding: usize,
    pub modulation: Modulation,
    pub resample: Resample,
    /// Probability of dropping a unit in training.
    pub dropout: f64,
}

/// How the embedding enters.
#[derive(Clone, Copy)]
pub(crate) enum Modulation {
    /// Added to the features.
    Add,
    /// Scales and shifts the normalised features.
    ScaleShift,
}

/// What happens to the resolution.
#[derive(Clone, Copy)]
pub(crate) enum Resample {
    Keep,
    Double,
    Halve,
}

/// Two convolutions with a skip connection, modulated by an embedding.
pub(crate) struct ResidualBlock {
    config: ResidualConfig,
    norm_in: GroupNorm,
    conv_in: Conv2d,
    embedding: Linear,
    norm_out: GroupNorm,
    dropout: Dropout,
    conv_out: Conv2d,
    skip: Option<Conv2d>,
}

impl ResidualBlock {
    pub fn new(mut scope: Scope, config: ResidualConfig) -> Result<Self> {
        let ResidualConfig { inputs, outputs, .. } = config;
        let same = Conv2dConfig { stride: 1, padding: 1 };
        let modulation = match config.modulation {
            Modulation::Add => outputs,
            Modulation::ScaleShift => 2 * outputs,
        };
        let skip = if inputs == outputs {
            None
        } else {
            let shape = ConvShape { inputs, outputs, kernel: 1 };
            Some(Conv2d::new(scope.at("skip_connection"), shape, Conv2dConfig::default())?)
        };
        let conv = |inputs| ConvShape { inputs, outputs, kernel: 3 };
        Ok(Self {
            norm_in: group_norm32(scope.at("in_layers.0"), inputs)?,
            conv_in: Conv2d::new(scope.at("in_layers.2"), conv(inputs), same)?,
            embedding: Linear::new(scope.at("emb_layers.1"), config.embedding, modulation)?,
            norm_out: group_norm32(scope.at("out_layers.0"), outputs)?,
            dropout: Dropout::new(&scope, config.dropout),
            conv_out: Conv2d::zero(scope.at("out_layers.3"), conv(outputs), same)?,
            skip,
            config,
        })
    }

    /// The block's own masks, if anything is dropped in a pass whose masks are drawn from `stream`.
    pub fn mask(&self, stream: Option<&RandomStream>) -> Option<RandomStream> {
        self.dropout.mask(stream)
    }

    /// [B, H, W, inputs] -> [B, H', W', outputs], with silu of the `embedding` [B, width].
    pub fn forward(
        &self,
        x: &Value,
        embedding: &Value,
        mask: Option<&RandomStream>,
    ) -> realuid_ops::Result<Value> {
        let e = self.embedding.forward(embedding)?;
        let (plus, modulation) = match self.config.modulation {
            Modulation::Add => (Some(&e), None),
            Modulation::ScaleShift => (None, Some(&e)),
        };
        let h = self.first_half(x, plus)?;
        let x = self.resample(x)?;
        let x = match &self.skip {
            Some(skip) => skip.forward(&x)?,
            None => x,
        };
        self.second_half(&h, modulation, mask, &x)
    }

    /// Norm, SiLU, change of resolution, convolution, plus `e` [B, outputs].
    fn first_half(&self, x: &Value, e: Option<&Value>) -> realuid_ops::Result<Value> {
        let conv = self.conv_in.alone();
        let conv = match e {
            Some(e) => conv.plus_per_image(e),
            None => conv,
        };
        match self.config.resample {
            Resample::Keep => conv.after_norm_silu(&self.norm_in, None).apply(x),
            Resample::Double => conv.after_norm_silu(&self.norm_in, None).after_doubling().apply(x),
            Resample::Halve => {
                conv.apply(&avg_pool2d(&group_norm_silu(x, &self.norm_in, None)?, 2)?)
            }
        }
    }

    /// Norm, modulation, SiLU, dropout, convolution, plus the skip connection.
    fn second_half(
        &self,
        h: &Value,
        modulation: Option<&Value>,
        mask: Option<&RandomStream>,
        skip: &Value,
    ) -> realuid_ops::Result<Value> {
        let conv = self.conv_out.alone().plus(skip);
        match mask {
            None => conv.after_norm_silu(&self.norm_out, modulation).apply(h),
            Some(mask) => {
                let h = group_norm_silu(h, &self.norm_out, modulation)?;
                conv.apply(&self.dropout.forward(&h, mask)?)
            }
        }
    }

    fn resample(&self, x: &Value) -> realuid_ops::Result<Value> {
        match self.config.resample {
            Resample::Keep => Ok(x.clone()),
            Resample::Double => upsample_nearest2d(x, 2),
            Resample::Halve => avg_pool2d(x, 2),
        }
    }
}
