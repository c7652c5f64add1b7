use super::{
    forward::convolve,
    output::Target,
    runner::{Runner, Widest},
    weight_gradient::convolve_back,
    *,
};
use crate::comparison::{assert_close, values};
use crate::convolution::{Epilogue, Prologue, Resolution, Source};
use crate::{
    element::Element,
    parallel::Disjoint,
    simd::{InstructionSet, OnVectors, run_f32_on},
};

/// Runs f32 on one instruction set.
struct On(InstructionSet);

impl Runner<f32> for On {
    fn run<W: OnVectors<f32>>(&self, work: W) -> W::Output {
        run_f32_on(self.0, work)
    }
}

/// Everything a convolution can be asked for.
struct Case {
    sizes: Sizes,
    resolution: Resolution,
    values: Vec<f64>,
    scale: Vec<f64>,
    shift: Vec<f64>,
    weight: Vec<f64>,
    bias: Vec<f64>,
    per_image: Vec<f64>,
    residual: Vec<f64>,
    dy: Vec<f64>,
}

impl Case {
    fn new(sizes: Sizes, resolution: Resolution) -> Self {
        let Sizes { batch, height, width, channels, filters } = sizes;
        let outputs = batch * height * width * filters;
        Self {
            sizes,
            resolution,
            values: values(batch * resolution.pixels(sizes.pixels()) * channels, 1),
            scale: values(batch * channels, 2),
            shift: values(batch * channels, 3),
            weight: values(filters * channels * 9, 4),
            bias: values(filters, 5),
            per_image: values(batch * filters, 6),
            residual: values(outputs, 7),
            dy: values(outputs, 8),
        }
    }

    /// The activated, upsampled input [batch, height, width, channels].
    fn staged(&self) -> Vec<f64> {
        let Sizes { batch, height, width, channels, .. } = self.sizes;
        let factor = if self.resolution == Resolution::Half { 2 } else { 1 };
        let mut staged = vec![0.0; batch * height * width * channels];
        for (i, out) in staged.iter_mut().enumerate() {
            let (c, x, y) = (i % channels, i / channels % width, i / channels / width % height);
            let b = i / channels / width / height;
            let from = (b * (height / factor) + y / factor) * (width / factor) + x / factor;
            let z = self.values[from * channels + c] * self.scale[b * channels + c]
                + self.shift[b * channels + c];
            *out = z / (1.0 + (-z).exp());
        }
        staged
    }

    /// Calls `visit` with the places of an output, an input and a weight for each product.
    fn for_each_product(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Sizes { batch, height, width, channels, filters } = self.sizes;
        for b in 0..batch {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
                    if !(1..=height).contains(&(y + i)) || !(1..=width).contains(&(x + j)) {
                        continue;
                    }
                    let output = ((b * height + y) * width + x) * filters;
                    let input = ((b * height + y + i - 1) * width + x + j - 1) * channels;
                    for (o, c) in (0..filters).flat_map(|o| (0..channels).map(move |c| (o, c))) {
                        visit(output + o, input + c, (o * channels + c) * 9 + i * 3 + j);
                    }
                }
            }
        }
    }

    /// The result, the gradient of the input and that of the weight.
    fn expected(&self) -> [Vec<f64>; 3] {
        let Sizes { batch, height, width, channels, filters } = self.sizes;
        let staged = self.staged();
        let mut y: Vec<f64> = self.residual.clone();
        for (i, y) in y.iter_mut().enumerate() {
            let image = i / (height * width * filters);
            *y += self.bias[i % filters] + self.per_image[image * filters + i % filters];
        }
        let mut dx = vec![0.0; staged.len()];
        let mut dw = vec![0.0; self.weight.len()];
        self.for_each_product(|output, input, weight| {
            y[output] += staged[input] * self.weight[weight];
            dx[input] += self.dy[output] * self.weight[weight];
            dw[weight] += self.dy[output] * staged[input];
        });
        if self.resolution == Resolution::Half {
            let mut sums = vec![0.0; batch * height / 2 * (width / 2) * channels];
            for (i, value) in dx.into_iter().enumerate() {
                let (c, x, row) = (i % channels, i / channels % width, i / channels / width);
                sums[(row / 2 * (width / 2) + x / 2) * channels + c] += value;
            }
            dx = sums;
        }
        [y, dx, dw]
    }
}

fn convert<T: Element>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&x| T::from_f64(x)).collect()
}

/// What a runner makes of a case: the result and both gradients.
fn actual<T: Element>(case: &Case, runner: &impl Runner<T>) -> [Vec<T>; 3] {
    let sizes = case.sizes;
    let Sizes { channels, filters, .. } = sizes;
    let [values, scale, shift, weight, bias, per_image, residual, dy]: [Vec<T>; 8] = [
        &case.values,
        &case.scale,
        &case.shift,
        &case.weight,
        &case.bias,
        &case.per_image,
        &case.residual,
        &case.dy,
    ]
    .map(|values| convert(values));
    let activation = Some(Prologue { scale: &scale, shift: &shift });
    let source = Source { values: &values, prologue: activation, resolution: case.resolution };
    let epilogue =
        Epilogue { bias: Some(&bias), per_image: Some(&per_image), residual: Some(&residual) };
    let u = TransformedWeight::with(&weight, filters, channels, Direction::Forward, runner);
    let mut y: Vec<T> = vec![T::from_f64(f64::NAN); dy.len()];
    let target = Target {
        output: Disjoint::new(&mut y),
        epilogue: &epilogue,
        sizes,
        resolution: Resolution::Full,
    };
    convolve(&source, &u, target, runner);
    let u = TransformedWeight::with(&weight, filters, channels, Direction::Backward, runner);
    let mut dx: Vec<T> = vec![T::from_f64(f64::NAN); values.len()];
    let target = Target {
        output: Disjoint::new(&mut dx),
        epilogue: &Epilogue::NOTHING,
        sizes: sizes.backward(),
        resolution: case.resolution,
    };
    let gradient = Source { values: &dy, prologue: None, resolution: Resolution::Full };
    convolve(&gradient, &u, target, runner);
    let mut dw: Vec<T> = vec![T::from_f64(f64::NAN); weight.len()];
    convolve_back(&source, &dy, sizes, &mut dw, runner);
    [y, dx, dw]
}

fn cases() -> Vec<Case> {
    let full = [
        (1, 1, 1, 1, 1),
        (2, 5, 7, 3, 1),
        (1, 4, 4, 16, 32),
        (3, 9, 6, 17, 35),
        (2, 33, 3, 40, 5),
        (1, 8, 8, 16, 130),
        (3, 128, 128, 1, 1),
    ];
    let half = [(1, 2, 2, 3, 4), (2, 6, 10, 19, 33)];
    let sizes = |(batch, height, width, channels, filters)| Sizes {
        batch,
        height,
        width,
        channels,
        filters,
    };
    let full = full.into_iter().map(|s| Case::new(sizes(s), Resolution::Full));
    full.chain(half.into_iter().map(|s| Case::new(sizes(s), Resolution::Half))).collect()
}

#[test]
fn f64_equals_the_definition() {
    for case in cases() {
        let actual = actual::<f64>(&case, &Widest);
        for (actual, expected) in actual.iter().zip(case.expected()) {
            assert_close(actual, &expected, 1e-13, "y, dx or dw");
        }
    }
}

#[test]
fn every_instruction_set_equals_the_definition() {
    for case in cases() {
        let expected = case.expected();
        for &set in InstructionSet::available() {
            let actual = actual(&case, &On(set));
            for (actual, expected) in actual.iter().zip(&expected) {
                assert_close(actual, expected, 1e-5, &format!("{set:?}"));
            }
        }
    }
}

/// A kernel that copies its input: one at the centre, between equal channels.
fn identity(channels: usize) -> Vec<f32> {
    let mut weight = vec![0.0; channels * channels * 9];
    for channel in 0..channels {
        weight[(channel * channels + channel) * 9 + 4] = 1.0;
    }
    weight
}

#[test]
fn without_activation_values_are_convolved_as_they_are() {
    let sizes = Sizes { batch: 2, height: 6, width: 10, channels: 19, filters: 19 };
    let weight = TransformedWeight::new(&identity(19), 19, 19, Direction::Forward);
    let half: Vec<f32> = values(2 * 3 * 5 * 19, 1);
    let source = Source { values: &half, prologue: None, resolution: Resolution::Half };
    let mut doubled = vec![f32::NAN; 2 * 6 * 10 * 19];
    forward(&source, &weight, &Epilogue::NOTHING, sizes, &mut doubled);
    let expected: Vec<f32> = (0..doubled.len())
        .map(|i| {
            let (pixel, channel) = (i / 19, i % 19);
            half[(pixel / 20 * 5 + pixel % 10 / 2) * 19 + channel]
        })
        .collect();
    assert_close(&doubled, &expected, 1e-5, "doubled");

    let full = Source { values: &expected, prologue: None, resolution: Resolution::Full };
    let mut again = vec![f32::NAN; doubled.len()];
    forward(&full, &weight, &Epilogue::NOTHING, sizes, &mut again);
    assert_close(&again, &expected, 1e-5, "in full");

    let weight = TransformedWeight::new(&identity(19), 19, 19, Direction::Backward);
    let mut sums = vec![f32::NAN; half.len()];
    input_gradient(&expected, &weight, sizes, Resolution::Half, &mut sums);
    let four_times: Vec<f32> = half.iter().map(|x| 4.0 * x).collect();
    assert_close(&sums, &four_times, 1e-5, "sums of blocks");
}

#[test]
fn threads_do_not_change_results() {
    let sizes = Sizes { batch: 3, height: 12, width: 20, channels: 70, filters: 130 };
    let weight: Vec<f32> = values(130 * 70 * 9, 1);
    let x: Vec<f32> = values(3 * 12 * 20 * 70, 2);
    let dy: Vec<f32> = values(3 * 12 * 20 * 130, 3);
    let source = Source { values: &x, prologue: None, resolution: Resolution::Full };
    let results = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut y = vec![f32::NAN; dy.len()];
            let transformed = TransformedWeight::new(&weight, 130, 70, Direction::Forward);
            forward(&source, &transformed, &Epilogue::NOTHING, sizes, &mut y);
            let mut dw = vec![f32::NAN; weight.len()];
            weight_gradient(&source, &dy, sizes, &mut dw);
            (y, dw)
        })
    };
    assert_eq!(results(1), results(3));
}
