use serde::{Deserialize, Serialize};

use crate::defaults::{is_default, is_one, one};
use crate::{EdmPreconditioning, Error, NetworkOptions, Result};

/// Sizes of the residual multilayer perceptron.
///
/// h = input(x); h <- h + out(silu(in(h) + project(e))) for each block, with e = silu(time + class
/// embedding), half as wide as h; prediction = output(silu(h)). Images are flattened. What the
/// options after `adversarial_head` do is said in [`NetworkOptions`].
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
    /// [`NetworkOptions::preconditioning`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preconditioning: Option<EdmPreconditioning>,
    /// [`NetworkOptions::time_unit`].
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub time_unit: f64,
    /// [`NetworkOptions::source_condition`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub source_condition: bool,
    /// [`NetworkOptions::noise_channels`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub noise_channels: usize,
    /// [`NetworkOptions::heads`].
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub heads: usize,
    /// [`NetworkOptions::null_class`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub null_class: bool,
}

fn default_time_features() -> usize {
    32
}

fn default_highest_frequency() -> f64 {
    50.0
}

impl MlpConfig {
    /// The perceptron of these sizes for samples of shape `data_shape`: without classes, all else by
    /// default.
    pub fn new(data_shape: impl Into<Vec<usize>>, hidden: usize, blocks: usize) -> Self {
        Self {
            data_shape: data_shape.into(),
            hidden,
            blocks,
            time_features: default_time_features(),
            highest_frequency: default_highest_frequency(),
            num_classes: None,
            adversarial_head: false,
            preconditioning: None,
            time_unit: 1.0,
            source_condition: false,
            noise_channels: 0,
            heads: 1,
            null_class: false,
        }
    }

    pub(crate) fn options(&self) -> NetworkOptions {
        NetworkOptions {
            preconditioning: self.preconditioning,
            time_unit: self.time_unit,
            source_condition: self.source_condition,
            noise_channels: self.noise_channels,
            heads: self.heads,
            null_class: self.null_class,
        }
    }

    pub(crate) fn set_options(&mut self, options: NetworkOptions) {
        self.preconditioning = options.preconditioning;
        self.time_unit = options.time_unit;
        self.source_condition = options.source_condition;
        self.noise_channels = options.noise_channels;
        self.heads = options.heads;
        self.null_class = options.null_class;
    }

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
        self.options().validate(self.num_classes)
    }
}
