use anyhow::Result;
use candle_core::Tensor;
use realuid_ops::{Conv2dConfig, Convolution, Value, concat, conv2d, linear, silu};

use super::BATCH;
use super::normalization::norm;
use super::operation::Operation;
use crate::cost::Cost;

/// Width of the embedding of a time.
const EMBEDDING: usize = 512;

/// A residual block: norm, SiLU, convolution, embedding, norm, SiLU, convolution, skip.
#[derive(Clone, Copy)]
struct Block {
    name: &'static str,
    inputs: usize,
    outputs: usize,
    size: usize,
}

pub fn operations() -> Vec<Operation> {
    vec![
        Block { name: "residual-block-128@32", inputs: 128, outputs: 128, size: 32 }.operation(),
        Block { name: "residual-block-256@16", inputs: 256, outputs: 256, size: 16 }.operation(),
        Block { name: "decoder-block-256+256@16", inputs: 512, outputs: 256, size: 16 }.decoder(),
    ]
}

impl Block {
    fn operation(self) -> Operation {
        let x = [BATCH, self.size, self.size, self.inputs];
        let parameters = self.parameters();
        let mut shapes: Vec<&[usize]> = vec![&x];
        shapes.extend(parameters.iter().map(Vec::as_slice));
        Operation::new(self.name, &shapes, self.cost(), |tape, inputs| {
            let [x, parameters @ ..] = inputs else { unreachable!("x is the first input") };
            let x = tape.input(x)?;
            features_plus(&x, &x, parameters)
        })
    }

    /// Of the channels from below beside those of the encoder, with a 1x1 convolution as skip.
    fn decoder(self) -> Operation {
        let half = [BATCH, self.size, self.size, self.inputs / 2];
        let parameters = self.parameters();
        let skip = [self.outputs, self.inputs, 1, 1];
        let mut shapes: Vec<&[usize]> = vec![&half, &half, &skip];
        shapes.extend(parameters.iter().map(Vec::as_slice));
        let products = BATCH * self.size.pow(2) * self.inputs * self.outputs;
        let flops = self.cost().flops.map(|flops| flops + (2 * products) as f64);
        Operation::new(self.name, &shapes, Cost { flops, bytes: None }, |tape, inputs| {
            let [below, encoder, skip, parameters @ ..] = inputs else {
                unreachable!("x comes in two parts")
            };
            let x = concat(&tape.input(below)?, &tape.input(encoder)?)?;
            let skip = conv2d(&x, skip, None, Conv2dConfig::default())?;
            features_plus(&skip, &x, parameters)
        })
    }

    /// Shapes, in the order in which [`features_plus`] takes them.
    fn parameters(self) -> [Vec<usize>; 11] {
        let Self { inputs, outputs, .. } = self;
        [
            vec![BATCH, EMBEDDING],
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
        Cost::flops((2 * BATCH * self.size.pow(2) * products) as f64)
    }
}

/// `skip` and what a block adds to it, computed from `x` as in realuid-models.
fn features_plus(skip: &Value, x: &Value, parameters: &[Tensor]) -> Result<Value> {
    let [embedding, weight1, bias1, conv1, shift1, map, offset, weight2, bias2, conv2, shift2] =
        parameters
    else {
        unreachable!("eleven parameters")
    };
    let same = Conv2dConfig { stride: 1, padding: 1 };
    let (norm1, norm2) = (norm(weight1, bias1), norm(weight2, bias2));
    let embedding = linear(&silu(&x.join(embedding)?)?, map, Some(offset))?;
    let first = Convolution::new(conv1, Some(shift1), same).plus_per_image(&embedding);
    let hidden = first.after_norm_silu(&norm1, None).apply(x)?;
    let second = Convolution::new(conv2, Some(shift2), same).plus(skip);
    Ok(second.after_norm_silu(&norm2, None).apply(&hidden)?)
}
