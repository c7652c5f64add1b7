use candle_core::Tensor;
use realuid_ops::silu;
use serde::{Deserialize, Serialize};

use crate::embedding::{ClassEmbedding, TimeEmbedding, timestep_embedding};
use crate::input::check_input;
use crate::layers::Linear;
use crate::scope::Scope;
use crate::{Condition, Discriminator, Error, Network, NetworkConfig, Result};

/// Times are multiplied by this before their sinusoidal features are taken, whose slowest period
/// is 2 pi 10^4: a path's times in [0, 1] then spread over many of the features.
const TIME_SCALE: f64 = 1000.0;

/// Sizes of the residual multilayer perceptron.
///
/// h = input(x); h <- h + out(silu(in(h + e))) for each block, with e = time and class embedding;
/// prediction = output(h). Images are flattened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MlpConfig {
    /// Shape of one sample: [D] for vectors, [C, H, W] for images.
    pub data_shape: Vec<usize>,
    /// Width of every hidden layer.
    pub hidden: usize,
    /// Number of residual blocks, each of two linear maps.
    pub blocks: usize,
    /// Number of sinusoidal features of the time, even.
    #[serde(default = "default_time_features")]
    pub time_features: usize,
    /// Number of classes; absent for a network without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_classes: Option<usize>,
    /// Adds a linear map from the last hidden layer to one logit (`cls_pred_branch`).
    #[serde(default)]
    pub adversarial_head: bool,
}

fn default_time_features() -> usize {
    64
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
        if self.num_classes == Some(0) {
            return error("num_classes", "at least 1, or nothing", "0".into());
        }
        Ok(())
    }
}

/// The residual multilayer perceptron that [`MlpConfig`] describes.
pub(crate) struct Mlp {
    config: MlpConfig,
    time: TimeEmbedding,
    classes: ClassEmbedding,
    input: Linear,
    blocks: Vec<[Linear; 2]>,
    output: Linear,
    head: Option<Linear>,
}

impl Mlp {
    pub fn new(mut scope: Scope, config: &MlpConfig) -> Result<Self> {
        let width = config.hidden;
        let data = config.data_shape.iter().product();
        let time = TimeEmbedding::new(scope.at("time_embed"), config.time_features, width)?;
        let classes = ClassEmbedding::new(scope.at("label_emb"), config.num_classes, width)?;
        let input = Linear::new(scope.at("input"), data, width)?;
        let mut blocks = Vec::with_capacity(config.blocks);
        for i in 0..config.blocks {
            blocks.push([
                Linear::new(scope.at(format_args!("blocks.{i}.0")), width, width)?,
                Linear::new(scope.at(format_args!("blocks.{i}.2")), width, width)?,
            ]);
        }
        let output = Linear::zero(scope.at("output"), width, data)?;
        let head = if config.adversarial_head {
            Some(Linear::new(scope.at("cls_pred_branch"), width, 1)?)
        } else {
            None
        };
        Ok(Self { config: config.clone(), time, classes, input, blocks, output, head })
    }

    /// The last hidden layer, [B, hidden].
    fn features(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let t = check_input(x, t, &self.config.data_shape)?;
        let sinusoids = timestep_embedding(&(t * TIME_SCALE)?, self.config.time_features)?;
        let embedding = self.classes.add_to(self.time.forward(&sinusoids)?, condition)?;
        let mut h = self.input.forward(&x.flatten_from(1)?)?;
        for [first, second] in &self.blocks {
            let inner = silu(&first.forward(&(&h + &embedding)?)?)?;
            h = (h + second.forward(&inner)?)?;
        }
        Ok(h)
    }
}

impl Network for Mlp {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let h = self.features(x, t, condition)?;
        Ok(self.output.forward(&h)?.reshape(x.shape())?)
    }

    fn config(&self) -> NetworkConfig {
        NetworkConfig::Mlp(self.config.clone())
    }
}

impl Discriminator for Mlp {
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let head = self.head.as_ref().ok_or_else(|| Error::Config {
            field: "adversarial_head",
            expected: "true".into(),
            found: "false".into(),
        })?;
        head.forward(&self.features(x, t, condition)?)
    }
}
