use candle_core::Tensor;
use realuid_ops::{Conv2dConfig, GroupNorm, group_norm_silu, silu};

use super::AdmUnetConfig;
use super::head::AdversarialHead;
use super::layout::Layout;
use super::stage::{Pass, Stage};
use crate::embedding::{ClassEmbedding, TimeEmbedding, timestep_embedding};
use crate::input::check_input;
use crate::layers::{Conv2d, ConvShape, group_norm32};
use crate::scope::Scope;
use crate::{Condition, Discriminator, Error, Network, NetworkConfig, Result};

/// The UNet that [`AdmUnetConfig`] describes; parameter names are those of torchcfm's state dict.
pub(crate) struct AdmUnet {
    config: AdmUnetConfig,
    time: TimeEmbedding,
    classes: ClassEmbedding,
    inputs: Vec<Stage>,
    middle: Stage,
    outputs: Vec<Stage>,
    norm: GroupNorm,
    output: Conv2d,
    head: Option<AdversarialHead>,
}

impl AdmUnet {
    pub fn new(mut scope: Scope, config: &AdmUnetConfig) -> Result<Self> {
        let width = 4 * config.num_channels;
        let time = TimeEmbedding::new(scope.at("time_embed"), config.num_channels, width)?;
        let classes = ClassEmbedding::new(scope.at("label_emb"), config.classes(), width)?;

        let levels = config.level_channels()?;
        let (first, last) = (levels[0], levels[levels.len() - 1]);
        let mut layout = Layout::new(config)?;
        let inputs = layout.input_stages(scope.at("input_blocks"))?;
        let middle = layout.middle_stage(scope.at("middle_block"))?;
        let outputs = layout.output_stages(scope.at("output_blocks"))?;

        let channels = if config.learn_sigma { 2 * config.dim[0] } else { config.dim[0] };
        let shape = ConvShape { inputs: first, outputs: channels, kernel: 3 };
        let same = Conv2dConfig { stride: 1, padding: 1 };
        let norm = group_norm32(scope.at("out.0"), first)?;
        let output = Conv2d::zero(scope.at("out.2"), shape, same)?;
        let head = if config.adversarial_head {
            Some(AdversarialHead::new(scope.at("cls_pred_branch"), last)?)
        } else {
            None
        };
        Ok(Self {
            config: config.clone(),
            time,
            classes,
            inputs,
            middle,
            outputs,
            norm,
            output,
            head,
        })
    }

    fn pass<'a>(&self, x: &Tensor, t: &Tensor, condition: &'a Condition) -> Result<Pass<'a>> {
        let t = check_input(x, t, &self.config.dim)?;
        let embedding = self.time.forward(&timestep_embedding(&t, self.config.num_channels)?)?;
        let embedding = self.classes.add_to(embedding, condition)?;
        Ok(Pass { activated_embedding: silu(&embedding)?, dropout: condition.dropout.as_ref() })
    }

    /// The outputs of the stages on the way down, and the middle features.
    fn encode(&self, x: &Tensor, pass: &Pass) -> Result<(Vec<Tensor>, Tensor)> {
        let mut skips = Vec::with_capacity(self.inputs.len());
        let mut h = x.clone();
        for stage in &self.inputs {
            h = stage.forward(&h, pass)?;
            skips.push(h.clone());
        }
        let middle = self.middle.forward(&h, pass)?;
        Ok((skips, middle))
    }
}

impl Network for AdmUnet {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let pass = self.pass(x, t, condition)?;
        let (skips, mut h) = self.encode(x, &pass)?;
        for (stage, skip) in self.outputs.iter().zip(skips.iter().rev()) {
            h = stage.forward(&Tensor::cat(&[&h, skip], 1)?, &pass)?;
        }
        self.output.forward(&group_norm_silu(&h, &self.norm)?)
    }

    fn config(&self) -> NetworkConfig {
        NetworkConfig::AdmUnet(self.config.clone())
    }
}

impl Discriminator for AdmUnet {
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let head = self.head.as_ref().ok_or_else(Error::no_head)?;
        let (_, middle) = self.encode(x, &self.pass(x, t, condition)?)?;
        head.forward(&middle)
    }
}
