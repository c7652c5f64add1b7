use serde::{Deserialize, Serialize};

use crate::defaults::{is_default, is_one, one};
use crate::{EdmPreconditioning, Error, NetworkOptions, Result};

/// Sizes and switches of the ADM UNet, named and defaulted as the arguments of torchcfm's
/// `UNetModelWrapper`; those after `adversarial_head` are said in [`NetworkOptions`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of the published constructor")]
pub struct AdmUnetConfig {
    /// Shape of one image: channels, height, width.
    pub dim: [usize; 3],
    /// Base number of channels, which `channel_mult` multiplies.
    pub num_channels: usize,
    /// Residual blocks per resolution on the way down (one more on the way up).
    pub num_res_blocks: usize,
    /// Factor on `num_channels` at each resolution, halved from one to the next; by default chosen
    /// by image width (28, 32, 64, 128, 256, 512).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_mult: Option<Vec<f64>>,
    /// Twice the output channels: a prediction and its variance.
    #[serde(default)]
    pub learn_sigma: bool,
    /// Whether the network takes classes.
    #[serde(default)]
    pub class_cond: bool,
    /// Number of classes; without `class_cond` it means nothing.
    #[serde(default = "default_num_classes")]
    pub num_classes: usize,
    /// Accepted so that torchcfm's argument lists can be read; selects nothing. What is kept for the
    /// backward pass is no part of the architecture here: [`Execution`](crate::Execution) says it.
    #[serde(default)]
    pub use_checkpoint: bool,
    /// Image widths at which there is attention, separated by commas.
    #[serde(default = "default_attention_resolutions")]
    pub attention_resolutions: String,
    /// Attention heads per layer, where `num_head_channels` is -1.
    #[serde(default = "default_num_heads")]
    pub num_heads: usize,
    /// Channels per attention head, or -1 to use `num_heads`.
    #[serde(default = "unset")]
    pub num_head_channels: i64,
    /// Attention heads on the way up, or -1 for `num_heads`.
    #[serde(default = "unset")]
    pub num_heads_upsample: i64,
    /// Time and class scale and shift the normalised features instead of being added to them.
    #[serde(default)]
    pub use_scale_shift_norm: bool,
    /// Probability that a residual block drops a unit in training, in [0, 1).
    #[serde(default)]
    pub dropout: f64,
    /// Residual blocks, not plain convolutions, change the resolution.
    #[serde(default)]
    pub resblock_updown: bool,
    /// Half precision, which is not a property of the architecture here: must be false.
    #[serde(default)]
    pub use_fp16: bool,
    /// Splits queries, keys and values before heads, not after.
    #[serde(default)]
    pub use_new_attention_order: bool,
    /// Adds the convolutional head on the middle features (`cls_pred_branch`) of the official
    /// RealUID code's adversarial baseline. Not an argument of torchcfm.
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

fn default_num_classes() -> usize {
    1000
}

fn default_attention_resolutions() -> String {
    "16".into()
}

fn default_num_heads() -> usize {
    1
}

fn unset() -> i64 {
    -1
}

impl AdmUnetConfig {
    /// torchcfm's defaults for images of shape `dim`.
    pub fn new(dim: [usize; 3], num_channels: usize, num_res_blocks: usize) -> Self {
        Self {
            dim,
            num_channels,
            num_res_blocks,
            channel_mult: None,
            learn_sigma: false,
            class_cond: false,
            num_classes: default_num_classes(),
            use_checkpoint: false,
            attention_resolutions: default_attention_resolutions(),
            num_heads: default_num_heads(),
            num_head_channels: unset(),
            num_heads_upsample: unset(),
            use_scale_shift_norm: false,
            dropout: 0.0,
            resblock_updown: false,
            use_fp16: false,
            use_new_attention_order: false,
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

    /// Number of classes the network takes.
    pub(crate) fn classes(&self) -> Option<usize> {
        self.class_cond.then_some(self.num_classes)
    }

    /// Channels at each resolution, from full to lowest.
    pub(crate) fn level_channels(&self) -> Result<Vec<usize>> {
        let multipliers: &[f64] = match (&self.channel_mult, self.dim[2]) {
            (Some(given), _) => given,
            (None, 512) => &[0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0],
            (None, 256) => &[1.0, 1.0, 2.0, 2.0, 4.0, 4.0],
            (None, 128) => &[1.0, 1.0, 2.0, 3.0, 4.0],
            (None, 64) => &[1.0, 2.0, 3.0, 4.0],
            (None, 32) => &[1.0, 2.0, 2.0, 2.0],
            (None, 28) => &[1.0, 2.0, 2.0],
            (None, width) => {
                return Err(error(
                    "channel_mult",
                    "a list: there is a default only for widths 28, 32, 64, 128, 256 and 512",
                    format!("nothing, for width {width}"),
                ));
            }
        };
        Ok(multipliers.iter().map(|m| (m * self.num_channels as f64) as usize).collect())
    }

    /// Downsampling rates at which there is attention.
    pub(crate) fn attention_rates(&self) -> Result<Vec<usize>> {
        let parse = |part: &str| match part.trim().parse::<usize>() {
            Ok(resolution) if resolution > 0 => Ok(self.dim[2] / resolution),
            _ => Err(error(
                "attention_resolutions",
                "positive integers separated by commas",
                format!("{:?}", self.attention_resolutions),
            )),
        };
        self.attention_resolutions.split(',').map(parse).collect()
    }

    /// Heads of an attention layer over `channels` on the way down.
    pub(crate) fn heads_down(&self, channels: usize) -> Result<usize> {
        self.heads(channels, self.num_heads as i64, "num_heads")
    }

    /// Heads of an attention layer over `channels` on the way up.
    pub(crate) fn heads_up(&self, channels: usize) -> Result<usize> {
        match self.num_heads_upsample {
            -1 => self.heads_down(channels),
            heads => self.heads(channels, heads, "num_heads_upsample"),
        }
    }

    fn heads(&self, channels: usize, heads: i64, field: &'static str) -> Result<usize> {
        let divides =
            |n: i64| usize::try_from(n).is_ok_and(|n| n > 0 && channels.is_multiple_of(n));
        match self.num_head_channels {
            -1 if divides(heads) => Ok(heads as usize),
            -1 => {
                Err(error(field, &format!("a divisor of {channels} channels"), heads.to_string()))
            }
            width if divides(width) => Ok(channels / width as usize),
            width => Err(error(
                "num_head_channels",
                &format!("-1, or a divisor of {channels} channels"),
                width.to_string(),
            )),
        }
    }
}

pub(super) fn error(field: &'static str, expected: &str, found: String) -> Error {
    Error::Config { field, expected: expected.into(), found }
}
