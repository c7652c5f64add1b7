use candle_core::Tensor;
use realuid_ops::{Conv2dConfig, Convolution, GroupNorm, RandomStream, Value, linear_plus};

use crate::Result;
use crate::name_hash::name_hash;
use crate::scope::{Init, Scope};

/// A linear map with bias.
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    pub fn new(mut scope: Scope, inputs: usize, outputs: usize) -> Result<Self> {
        let init = Init::FanIn(inputs);
        Ok(Self {
            weight: scope.tensor("weight", &[outputs, inputs], init)?,
            bias: scope.tensor("bias", &[outputs], init)?,
        })
    }

    /// A linear map whose outputs start with the variance of its inputs: weights from
    /// N(0, 1/inputs) (LeCun et al. 1998), no bias at first.
    pub fn normal(mut scope: Scope, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            weight: scope.tensor("weight", &[outputs, inputs], Init::FanInNormal(inputs))?,
            bias: scope.tensor("bias", &[outputs], Init::Zeros)?,
        })
    }

    /// A linear map that starts as zero.
    pub fn zero(mut scope: Scope, inputs: usize, outputs: usize) -> Result<Self> {
        Ok(Self {
            weight: scope.tensor("weight", &[outputs, inputs], Init::Zeros)?,
            bias: scope.tensor("bias", &[outputs], Init::Zeros)?,
        })
    }

    /// [.., inputs] -> [.., outputs].
    pub fn forward(&self, x: &Value) -> realuid_ops::Result<Value> {
        linear_plus(x, &self.weight, Some(&self.bias), None)
    }

    /// [.., inputs] -> [.., outputs], plus `residual` [.., outputs].
    pub fn forward_plus(&self, x: &Value, residual: &Value) -> realuid_ops::Result<Value> {
        linear_plus(x, &self.weight, Some(&self.bias), Some(residual))
    }
}

/// Channels and square kernel of a convolution.
#[derive(Clone, Copy)]
pub(crate) struct ConvShape {
    pub inputs: usize,
    pub outputs: usize,
    pub kernel: usize,
}

impl ConvShape {
    pub fn weight(self) -> [usize; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }

    fn default_init(self) -> Init {
        Init::FanIn(self.inputs * self.kernel * self.kernel)
    }
}

/// A two-dimensional convolution with bias.
pub(crate) struct Conv2d {
    weight: Tensor,
    bias: Tensor,
    config: Conv2dConfig,
}

impl Conv2d {
    pub fn new(scope: Scope, shape: ConvShape, config: Conv2dConfig) -> Result<Self> {
        Self::with_init(scope, shape, config, shape.default_init())
    }

    /// A convolution that starts as zero.
    pub fn zero(scope: Scope, shape: ConvShape, config: Conv2dConfig) -> Result<Self> {
        Self::with_init(scope, shape, config, Init::Zeros)
    }

    /// [B, H, W, inputs] -> [B, H', W', outputs].
    pub fn forward(&self, x: &Value) -> realuid_ops::Result<Value> {
        self.alone().apply(x)
    }

    /// The operation, to be joined with its neighbours.
    pub fn alone(&self) -> Convolution<'_> {
        Convolution::new(&self.weight, Some(&self.bias), self.config)
    }

    fn with_init(
        mut scope: Scope,
        shape: ConvShape,
        config: Conv2dConfig,
        init: Init,
    ) -> Result<Self> {
        Ok(Self {
            weight: scope.tensor("weight", &shape.weight(), init)?,
            bias: scope.tensor("bias", &[shape.outputs], init)?,
            config,
        })
    }
}

/// The group normalisation of `channels` channels into 32 groups that every ADM layer uses.
pub(crate) fn group_norm32(mut scope: Scope, channels: usize) -> Result<GroupNorm> {
    Ok(GroupNorm {
        weight: scope.tensor("weight", &[channels], Init::Ones)?,
        bias: scope.tensor("bias", &[channels], Init::Zeros)?,
        groups: 32,
        eps: 1e-5,
    })
}

/// Drops units in training, each layer by its own child of the pass's stream.
pub(crate) struct Dropout {
    rate: f64,
    salt: u64,
}

impl Dropout {
    pub fn new(scope: &Scope, rate: f64) -> Self {
        Self { rate, salt: name_hash(scope.path()) }
    }

    /// The layer's own stream, if there is one for the pass and anything to drop.
    pub fn mask(&self, stream: Option<&RandomStream>) -> Option<RandomStream> {
        stream.filter(|_| self.rate > 0.0).map(|stream| stream.child(self.salt))
    }

    /// `x` with each element zeroed with probability `rate` and the rest scaled by 1 / (1 - rate).
    pub fn forward(&self, x: &Value, mask: &RandomStream) -> realuid_ops::Result<Value> {
        realuid_ops::dropout(x, mask, self.rate)
    }
}
