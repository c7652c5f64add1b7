use std::sync::Arc;

use candle_core::{D, Tensor};
use realuid_ops::{Tape, Value, cast, silu};

use super::MlpConfig;
use crate::embedding::ClassEmbedding;
use crate::input::{check_input, join_inputs};
use crate::layers::Linear;
use crate::scope::Scope;
use crate::{
    Condition, Discriminator, Error, Execution, Network, NetworkConfig, NetworkOptions, Result,
};

/// The parameter whose columns answer to the network's inputs.
pub(crate) const INPUT_WEIGHT: &str = "input.weight";

/// The residual multilayer perceptron that [`MlpConfig`] describes.
pub(crate) struct Mlp {
    config: MlpConfig,
    options: NetworkOptions,
    execution: Execution,
    time: Linear,
    classes: ClassEmbedding,
    input: Linear,
    blocks: Vec<Arc<Block>>,
    output: Linear,
    head: Option<Linear>,
}

/// One residual block.
struct Block {
    first: Linear,
    project: Linear,
    second: Linear,
}

impl Block {
    fn new(mut scope: Scope, width: usize, embedding: usize) -> Result<Self> {
        Ok(Self {
            first: Linear::normal(scope.at("first"), width, width)?,
            project: Linear::normal(scope.at("project"), embedding, width)?,
            second: Linear::zero(scope.at("second"), width, width)?,
        })
    }

    /// `h` [B, width] and the `embedding` [B, width of the embedding] -> [B, width].
    fn forward(&self, h: &Value, embedding: &Value) -> realuid_ops::Result<Value> {
        let inner = self.first.forward_plus(h, &self.project.forward(embedding)?)?;
        self.second.forward_plus(&silu(&inner)?, h)
    }
}

impl Mlp {
    pub fn new(mut scope: Scope, config: &MlpConfig, execution: Execution) -> Result<Self> {
        let width = config.hidden;
        let embedding = width.div_ceil(2);
        let options = config.options();
        let (channels, per_channel) = split_shape(&config.data_shape);
        let inputs = options.input_channels(channels) * per_channel;
        let outputs = options.heads * channels * per_channel;
        let rows = options.class_rows(config.num_classes);
        let time = Linear::normal(scope.at("time_embed"), config.time_features, embedding)?;
        let classes = ClassEmbedding::new(scope.at("label_emb"), rows, embedding)?;
        let input = Linear::normal(scope.at("input"), inputs, width)?;
        let mut blocks = Vec::with_capacity(config.blocks);
        for i in 0..config.blocks {
            blocks.push(Arc::new(Block::new(
                scope.at(format_args!("blocks.{i}")),
                width,
                embedding,
            )?));
        }
        let output = Linear::zero(scope.at("output"), width, outputs)?;
        let head = if config.adversarial_head {
            Some(Linear::new(scope.at("cls_pred_branch"), width, 1)?)
        } else {
            None
        };
        Ok(Self {
            config: config.clone(),
            options,
            execution,
            time,
            classes,
            input,
            blocks,
            output,
            head,
        })
    }

    /// The last hidden layer after its activation, [B, hidden].
    fn features(
        &self,
        tape: &Tape,
        x: &Tensor,
        t: &Tensor,
        condition: &Condition,
    ) -> Result<Value> {
        self.execution.check(x)?;
        let t = check_input(x, t, &self.config.data_shape)?;
        let features = tape.input(&self.time_features(&t)?)?;
        let embedding = self.time.forward(&self.execution.activations(&features)?)?;
        let embedding = silu(&self.classes.add_to(embedding, condition)?)?;
        let x = tape.input(&join_inputs(x, condition, &self.options)?)?;
        let x = self.execution.activations(&x)?;
        let size = x.dims()[1..].iter().product::<usize>();
        let mut h = self.input.forward(&x.reshape((x.dims()[0], size))?)?;
        for block in &self.blocks {
            let block = block.clone();
            let body = move |inputs: &[Value]| block.forward(&inputs[0], &inputs[1]);
            h = self.execution.block(&[&h, &embedding], body)?;
        }
        Ok(silu(&h)?)
    }

    /// Cosines then sines of `t` `[B]`, in time units, times frequencies that rise geometrically from 1 to the
    /// highest -> [B, time_features].
    fn time_features(&self, t: &Tensor) -> Result<Tensor> {
        let half = self.config.time_features / 2;
        let last = (half - 1).max(1) as f64;
        let frequencies: Vec<f64> =
            (0..half).map(|i| self.config.highest_frequency.powf(i as f64 / last)).collect();
        let frequencies = Tensor::new(frequencies, t.device())?.to_dtype(t.dtype())?;
        let t = (t / self.options.time_unit)?;
        let angles = t.unsqueeze(1)?.broadcast_mul(&frequencies.unsqueeze(0)?)?;
        Ok(Tensor::cat(&[angles.cos()?, angles.sin()?], D::Minus1)?)
    }
}

impl Network for Mlp {
    fn forward(&self, x: &Tensor, t: &Tensor, condition: &Condition) -> Result<Tensor> {
        let tape = Tape::new();
        let h = self.features(&tape, x, t, condition)?;
        let mut shape = x.dims().to_vec();
        shape[1] *= self.options.heads;
        Ok(tape.output(cast(&self.output.forward(&h)?.reshape(shape)?, x.dtype())?)?)
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
        Ok(tape.output(cast(&head.forward(&h)?, x.dtype())?)?)
    }
}

/// Length of the first data axis, and the number of values at each of its places.
fn split_shape(data_shape: &[usize]) -> (usize, usize) {
    (data_shape[0], data_shape[1..].iter().product())
}
