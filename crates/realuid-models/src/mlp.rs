use candle_core::{D, Tensor};
use realuid_ops::{Tape, Value, silu};
use serde::{Deserialize, Serialize};

use crate::embedding::ClassEmbedding;
use crate::input::check_input;
use crate::layers::Linear;
use crate::scope::Scope;
use crate::{Condition, Discriminator, Error, Network, NetworkConfig, Result};

/// Sizes of the residual multilayer perceptron.
///
/// h = input(x); h <- h + out(silu(in(h) + project(e))) for each block, with e = silu(time + class
/// embedding), half as wide as h; prediction = output(silu(h)). Images are flattened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Shape of one sample: `[D]` for vectors, [C, H, W] for images.
    pub data_shape: Vec<usize>,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// Number of residual blocks, each of two linear maps.
    pub blocks: usize,
    /// Number of sinusoidal features of the time, even.
    #[serde(default = "default_time_features")]
    pub time_features: usize,
    /// Highest frequency of those features, in radians per unit of time; the lowest is 1. A
    /// one-step generator evaluates its network at the very end of the times it was trained on, so
    /// this should be low enough for the features to change little between neighbouring times.
    #[serde(default = "default_highest_frequency")]
    pub highest_frequency: f64,
    /// Number of classes; absent for a network without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_classes: Option<usize>,
    /// Adds a linear map from the last hidden layer to one logit (`cls_pred_branch`).
    #[serde(default)]
    pub adversarial_head: bool,
}

fn default_time_features() -> usize {
    32
}

fn default_highest_frequency() -> f64 {
    50.0
}

impl MlpConfig {
    pub(crate) fn validate(&self) -> Result<()> {
        let error = |field, expected: &str, found: String| {
            Err(Error::Config { field, expected: expected.into(), found })
        };
        if self.data_shape.is_empty() || self.data_shape.contains(&0) {
            return error("data_shape", "positive sizes", format!("{:?}", self.data_shape));
        }
        if self.hidden == 0 {
            return error("hidden", "at least 1", "0".into());
        }
        if self.time_features == 0 || self.time_features % 2 == 1 {
            return error(
                "time_features",
                "a positive even number",
                self.time_features.to_string(),
            );
        }
        if !(self.highest_frequency.is_finite() && self.highest_frequency > 1.0) {
            let found = self.highest_frequency.to_string();
            return error("highest_frequency", "a number above 1", found);
        }
        if self.num_classes == Some(0) {
            return error("num_classes", "at least 1, or nothing", "0".into());
        }
        Ok(())
    }
}

/// The residual multilayer perceptron that [`MlpConfig`] describes.
pub(crate) struct Mlp {
    config: MlpConfig,
    time: Linear,
    classes: ClassEmbedding,
    input: Linear,
    blocks: Vec<Block>,
    output: Linear,
    head: Option<Linear>,
}

/// One residual block.
struct Block {
    first: Linear,
    project: Linear,
    second: Linear,
}

impl Mlp {
    pub fn new(mut scope: Scope, config: &MlpConfig) -> Result<Self> {
        let width = config.hidden;
        let embedding = width.div_ceil(2);
        let data = config.data_shape.iter().product();
        let time = Linear::normal(scope.at("time_embed"), config.time_features, embedding)?;
        let classes = ClassEmbedding::new(scope.at("label_emb"), config.num_classes, embedding)?;
        let input = Linear::normal(scope.at("input"), data, width)?;
        let mut blocks = Vec::with_capacity(config.blocks);
        for i in 0..config.blocks {
            let mut scope = scope.at(format_args!("blocks.{i}"));
            blocks.push(Block {
                first: Linear::normal(scope.at("first"), width, width)?,
                project: Linear::normal(scope.at("project"), embedding, width)?,
                second: Linear::zero(scope.at("second"), width, width)?,
            });
        }
        let output = Linear::zero(scope.at("output"), width, data)?;
        let head = if config.adversarial_head {
            Some(Linear::new(scope.at("cls_pred_branch"), width, 1)?)
        } else {
            None
        };
        Ok(Self { config: config.clone(), time, classes, input, blocks, output, head })
    }

    /// The last hidden layer after its activation, [B, hidden].
    fn features(
        &self,
        tape: &Tape,
        x: &Tensor,
        t: &Tensor,
        condition: &Condition,
    ) -> Result<Value> {
        let t = check_input(x, t, &self.config.data_shape)?;
        let embedding = self.time.forward(&tape.input(&self.time_features(&t)?)?)?;
        let embedding = silu(&self.classes.add_to(embedding, condition)?)?;
        let x = tape.input(x)?;
        let size: usize = self.config.data_shape.iter().product();
        let mut h = self.input.forward(&x.reshape((x.dims()[0], size))?)?;
        for block in &self.blocks {
            let e = block.project.forward(&embedding)?;
            let inner = block.first.forward_plus(&h, &e)?;
            h = block.second.forward_plus(&silu(&inner)?, &h)?;
        }
        Ok(silu(&h)?)
    }

    /// Cosines then sines of `t` `[B]` times frequencies that rise geometrically from 1 to the
    /// highest -> [B, time_features].
    fn time_features(&self, t: &Tensor) -> Result<Tensor> {
        let half = self.config.time_features / 2;
        let last = (half - 1).max(1) as f64;
        let frequencies: Vec<f64> =
            (0..half).map(|i| self.config.highest_frequency.powf(i as f64 / last)).collect();
        let frequencies = Tensor::new(frequencies, t.device())?.to_dtype(t.dtype())?;
        let angles = t.unsqueeze(1)?.broadcast_mul(&frequencies.unsqueeze(0)?)?;
        Ok(Tensor::cat(&[angles.cos()?, angles.sin()?], D::Minus1)?)
    }
}

impl Network for Mlp {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let tape = Tape::new();
        let h = self.features(&tape, x, t, condition)?;
        Ok(tape.output(self.output.forward(&h)?.reshape(x.shape().clone())?)?)
    }

    fn config(&self) -> NetworkConfig {
        NetworkConfig::Mlp(self.config.clone())
    }
}

impl Discriminator for Mlp {
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let head = self.head.as_ref().ok_or_else(Error::no_head)?;
        let tape = Tape::new();
        let h = self.features(&tape, x, t, condition)?;
        Ok(tape.output(head.forward(&h)?)?)
    }
}
