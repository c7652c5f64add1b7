use realuid_ops::{Conv2dConfig, Convolution, conv2d};

use super::operation::Operation;
use crate::cost::Cost;

/// A convolution of square images with bias.
#[derive(Clone, Copy)]
struct Layer {
    name: &'static str,
    batch: usize,
    inputs: usize,
    outputs: usize,
    /// Height and width of the result.
    size: usize,
    kernel: usize,
    stride: usize,
}

pub fn operations(batch: usize) -> Vec<Operation> {
    let conv3x3 = |name, inputs, outputs, size| Layer {
        name,
        batch,
        inputs,
        outputs,
        size,
        kernel: 3,
        stride: 1,
    };
    vec![
        conv3x3("conv3x3-128@32", 128, 128, 32).operation(),
        conv3x3("conv3x3-256@16", 256, 256, 16).operation(),
        conv3x3("conv3x3-256@8", 256, 256, 8).operation(),
        conv3x3("conv3x3-384-128@32", 384, 128, 32).operation(),
        conv3x3("conv3x3-512-256@16", 512, 256, 16).operation(),
        conv3x3("conv3x3-3-128@32", 3, 128, 32).operation().of_data(),
        Layer { stride: 2, ..conv3x3("conv3x3-stride2-128@32", 128, 128, 16) }.operation(),
        Layer { kernel: 1, ..conv3x3("conv1x1-512-256@16", 512, 256, 16) }.operation(),
        conv3x3("upsample-conv3x3-256@16", 256, 256, 32).after_upsampling(),
    ]
}

impl Layer {
    fn operation(self) -> Operation {
        let config = Conv2dConfig { stride: self.stride, padding: self.kernel / 2 };
        let [x, weight] = self.shapes(self.size * self.stride);
        let shapes: [&[&[usize]]; 2] = [&[&x], &[&weight, &[self.outputs]]];
        Operation::new(self.name, shapes, self.cost(), move |_, x, parameters| {
            let [weight, bias] = parameters else { unreachable!("two parameters") };
            Ok(conv2d(&x[0], weight, Some(bias), config)?)
        })
    }

    /// Of an image that is doubled first.
    fn after_upsampling(self) -> Operation {
        let config = Conv2dConfig { stride: 1, padding: 1 };
        let [x, weight] = self.shapes(self.size / 2);
        let shapes: [&[&[usize]]; 2] = [&[&x], &[&weight, &[self.outputs]]];
        Operation::new(self.name, shapes, self.cost(), move |_, x, parameters| {
            let [weight, bias] = parameters else { unreachable!("two parameters") };
            let convolution = Convolution::new(weight, Some(bias), config).after_doubling();
            Ok(convolution.apply(&x[0])?)
        })
    }

    /// Of the input, `input_size` high and wide, and of the weight.
    fn shapes(self, input_size: usize) -> [[usize; 4]; 2] {
        let Self { batch, inputs, outputs, kernel, .. } = self;
        [[batch, input_size, input_size, inputs], [outputs, inputs, kernel, kernel]]
    }

    fn cost(self) -> Cost {
        let products = self.kernel.pow(2) * self.inputs * self.outputs;
        Cost::flops((2 * self.batch * self.size.pow(2) * products) as f64)
    }
}
