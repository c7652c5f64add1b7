use candle_core::Tensor;
use realuid_ops::{
    Conv2dConfig, GroupNorm, Tape, Value, cast, channels_first, channels_last, concat, silu,
    sinusoidal_embedding,
};

use super::AdmUnetConfig;
use super::head::AdversarialHead;
use super::layout::Layout;
use super::stage::{Pass, Stage};
use crate::embedding::{ClassEmbedding, TimeEmbedding};
use crate::input::{check_input, join_inputs};
use crate::layers::{Conv2d, ConvShape, group_norm32};
use crate::scope::Scope;
use crate::{
    Condition, Discriminator, Error, Execution, Network, NetworkConfig, NetworkOptions, Result,
};

/// The parameter whose columns answer to the network's inputs.
pub(crate) const INPUT_WEIGHT: &str = "input_blocks.0.0.weight";

/// The UNet that [`AdmUnetConfig`] describes; parameter names are those of torchcfm's state dict.
pub(crate) struct AdmUnet {
    config: AdmUnetConfig,
    options: NetworkOptions,
    execution: Execution,
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
    pub fn new(mut scope: Scope, config: &AdmUnetConfig, execution: Execution) -> Result<Self> {
        let width = 4 * config.num_channels;
        let time = TimeEmbedding::new(scope.at("time_embed"), config.num_channels, width)?;
        let options = config.options();
        let rows = options.class_rows(config.classes());
        let classes = ClassEmbedding::new(scope.at("label_emb"), rows, width)?;

        let levels = config.level_channels()?;
        let (first, last) = (levels[0], levels[levels.len() - 1]);
        let mut layout = Layout::new(config)?;
        let inputs = layout.input_stages(scope.at("input_blocks"))?;
        let middle = layout.middle_stage(scope.at("middle_block"))?;
        let outputs = layout.output_stages(scope.at("output_blocks"))?;

        let channels = config.dim[0] * if config.learn_sigma { 2 } else { options.heads };
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
            options,
            execution,
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

    /// `x` with its channels last, and what all layers share.
    fn start<'a>(
        &self,
        tape: &Tape,
        x: &Tensor,
        t: &Tensor,
        condition: &'a Condition,
    ) -> Result<(Value, Pass<'a>)> {
        self.execution.check(x)?;
        let t = (check_input(x, t, &self.config.dim)? / self.options.time_unit)?;
        let features = tape.input(&sinusoidal_embedding(&t, self.config.num_channels)?)?;
        let embedding = self.time.forward(&self.execution.activations(&features)?)?;
        let embedding = self.classes.add_to(embedding, condition)?;
        let pass = Pass {
            activated_embedding: silu(&embedding)?,
            dropout: condition.dropout.as_ref(),
            execution: self.execution,
        };
        let x = tape.input(&join_inputs(x, condition, &self.options)?)?;
        Ok((channels_last(&self.execution.activations(&x)?)?, pass))
    }

    /// The outputs of the stages on the way down, and the middle features.
    fn encode(&self, x: Value, pass: &Pass) -> Result<(Vec<Value>, Value)> {
        let mut skips = Vec::with_capacity(self.inputs.len());
        let mut h = x;
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
        let tape = Tape::new();
        let (input, pass) = self.start(&tape, x, t, condition)?;
        let (mut skips, mut h) = self.encode(input, &pass)?;
        for stage in &self.outputs {
            let skip = skips.pop().expect("one skip for every stage on the way up");
            h = stage.forward(&concat(&h, &skip)?, &pass)?;
        }
        let y = self.output.alone().after_norm_silu(&self.norm, None).apply(&h)?;
        Ok(tape.output(cast(&channels_first(&y)?, x.dtype())?)?)
    }

    fn config(&self) -> NetworkConfig {
        NetworkConfig::AdmUnet(self.config.clone())
    }
}

impl Discriminator for AdmUnet {
    fn logits(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let head = self.head.as_ref().ok_or_else(Error::no_head)?;
        let tape = Tape::new();
        let (input, pass) = self.start(&tape, x, t, condition)?;
        let (_, middle) = self.encode(input, &pass)?;
        Ok(tape.output(cast(&head.forward(&middle)?, x.dtype())?)?)
    }
}
