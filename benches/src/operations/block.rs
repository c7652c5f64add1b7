use anyhow::Result;
use candle_core::Tensor;
use realuid_ops::{Conv2dConfig, Convolution, Value, concat, conv2d, linear, silu};

use super::normalization::norm;
use super::operation::Operation;
use crate::cost::Cost;

/// Width of the embedding of a time.
const EMBEDDING: usize = 512;

/// A residual block: norm, SiLU, convolution, embedding, norm, SiLU, convolution, skip.
#[derive(Clone, Copy)]
struct Block {
    name: &'static str,
    batch: usize,
    inputs: usize,
    outputs: usize,
    size: usize,
}

pub fn operations(batch: usize) -> Vec<Operation> {
    let block = |name, inputs, outputs, size| Block { name, batch, inputs, outputs, size };
    vec![
        block("residual-block-128@32", 128, 128, 32).operation(),
        block("residual-block-256@16", 256, 256, 16).operation(),
        block("decoder-block-256+256@16", 512, 256, 16).decoder(),
    ]
}

impl Block {
    fn operation(self) -> Operation {
        let x = [self.batch, self.size, self.size, self.inputs];
        let embedding = [self.batch, EMBEDDING];
        let parameters = self.parameters();
        let parameters: Vec<&[usize]> = parameters.iter().map(Vec::as_slice).collect();
        let shapes: [&[&[usize]]; 2] = [&[&x, &embedding], &parameters];
        Operation::new(self.name, shapes, self.cost(), |_, activations, parameters| {
            let [x, embedding] = activations else { unreachable!("two activations") };
            features_plus(x, &[x, embedding], parameters)
        })
    }

    /// Of the channels from below beside those of the encoder, with a 1x1 convolution as skip.
    fn decoder(self) -> Operation {
        let half = [self.batch, self.size, self.size, self.inputs / 2];
        let embedding = [self.batch, EMBEDDING];
        let skip = [self.outputs, self.inputs, 1, 1];
        let parameters = self.parameters();
        let mut all: Vec<&[usize]> = vec![&skip];
        all.extend(parameters.iter().map(Vec::as_slice));
        let shapes: [&[&[usize]]; 2] = [&[&half, &half, &embedding], &all];
        let products = self.batch * self.size.pow(2) * self.inputs * self.outputs;
        let flops = self.cost().flops.map(|flops| flops + (2 * products) as f64);
        let cost = Cost { flops, bytes: None };
        Operation::new(self.name, shapes, cost, |_, activations, parameters| {
            let [below, encoder, embedding] = activations else {
                unreachable!("x comes in two parts")
            };
            let [skip, parameters @ ..] = parameters else { unreachable!("a skip is the first") };
            let x = concat(below, encoder)?;
            let skip = conv2d(&x, skip, None, Conv2dConfig::default())?;
            features_plus(&skip, &[&x, embedding], parameters)
        })
    }

    /// Shapes, in the order in which [`features_plus`] takes them.
    fn parameters(self) -> [Vec<usize>; 10] {
        let Self { inputs, outputs, .. } = self;
        [
            vec![inputs],
            vec![inputs],
            vec![outputs, inputs, 3, 3],
            vec![outputs],
            vec![outputs, EMBEDDING],
            vec![outputs],
            vec![outputs],
            vec![outputs],
            vec![outputs, outputs, 3, 3],
            vec![outputs],
        ]
    }

    fn cost(self) -> Cost {
        let products = 9 * self.outputs * (self.inputs + self.outputs);
        Cost::flops((2 * self.batch * self.size.pow(2) * products) as f64)
    }
}

/// `skip` and what a block adds to it, computed from x and the embedding as in realuid-models.
fn features_plus(
    skip: &Value,
    [x, embedding]: &[&Value; 2],
    parameters: &[Tensor],
) -> Result<Value> {
    let [weight1, bias1, conv1, shift1, map, offset, weight2, bias2, conv2, shift2] = parameters
    else {
        unreachable!("ten parameters")
    };
    let same = Conv2dConfig { stride: 1, padding: 1 };
    let (norm1, norm2) = (norm(weight1, bias1), norm(weight2, bias2));
    let embedding = linear(&silu(embedding)?, map, Some(offset))?;
    let first = Convolution::new(conv1, Some(shift1), same).plus_per_image(&embedding);
    let hidden = first.after_norm_silu(&norm1, None).apply(x)?;
    let second = Convolution::new(conv2, Some(shift2), same).plus(skip);
    Ok(second.after_norm_silu(&norm2, None).apply(&hidden)?)
}
