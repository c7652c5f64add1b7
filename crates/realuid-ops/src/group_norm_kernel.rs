use std::marker::PhantomData;
use std::sync::OnceLock;

use candle_core::Shape;

use crate::GroupNorm;
use crate::element::Element;
use crate::group_norm::Sizes;
use crate::kernel::{Backward, Kernel};
use crate::parallel::{LANES, chunk_pairs, lane_sum, vectorised};
use crate::silu::{silu_slope, silu_value};
use crate::sums::column_sums;

/// What follows the normalisation.
pub(crate) trait Activation: Send + Sync + 'static {
    const NAME: &'static str;
    fn value<T: Element>(x: T) -> T;
    fn slope<T: Element>(x: T) -> T;
}

/// Nothing.
pub(crate) struct Identity;

impl Activation for Identity {
    const NAME: &'static str = "group_norm";
    #[inline(always)]
    fn value<T: Element>(x: T) -> T {
        x
    }
    #[inline(always)]
    fn slope<T: Element>(_: T) -> T {
        T::one()
    }
}

/// x sigmoid(x).
pub(crate) struct Silu;

impl Activation for Silu {
    const NAME: &'static str = "group_norm_silu";
    #[inline(always)]
    fn value<T: Element>(x: T) -> T {
        silu_value(x)
    }
    #[inline(always)]
    fn slope<T: Element>(x: T) -> T {
        silu_slope(x)
    }
}

/// activation(weight (x - mean) / sqrt(variance + eps) + bias); weight and bias per channel, or
/// per image and channel.
pub(crate) struct Normalise<A> {
    shape: Shape,
    sizes: Sizes,
    /// Length of weight and bias divided by the channels of a group: where they start over.
    affine_groups: usize,
    eps: f64,
    /// Mean and 1/sqrt(variance + eps) of every group, kept from the forward pass.
    statistics: OnceLock<Vec<(f64, f64)>>,
    activation: PhantomData<A>,
}

impl<A> Normalise<A> {
    /// Weight and bias `[C]`.
    pub fn new(shape: &Shape, sizes: Sizes, norm: &GroupNorm) -> Self {
        Self {
            shape: shape.clone(),
            sizes,
            affine_groups: norm.groups,
            eps: norm.eps,
            statistics: OnceLock::new(),
            activation: PhantomData,
        }
    }

    /// Weight and bias [B, C].
    pub fn per_image(shape: &Shape, sizes: Sizes, norm: &GroupNorm) -> Self {
        Self { affine_groups: sizes.groups, ..Self::new(shape, sizes, norm) }
    }

    /// The part of weight or bias that belongs to one group.
    fn affine<'a, T>(&self, values: &'a [T], group: usize) -> &'a [T] {
        let channels = self.sizes.channels;
        &values[group % self.affine_groups * channels..][..channels]
    }

    /// Elements of one group.
    fn group_size(&self) -> usize {
        self.sizes.channels * self.sizes.length
    }

    /// Mean and reciprocal deviation, in two passes: no difference of large squares.
    fn measure<T: Element>(&self, x: &[T]) -> (f64, f64) {
        let count = x.len() as f64;
        let rows = || x.chunks(self.sizes.length.max(1024));
        let mean = rows().map(|row| lane_sum(row.len(), |i| row[i])).sum::<f64>() / count;
        let centre = T::from_f64(mean);
        let squares = |row: &[T]| lane_sum(row.len(), |i| (row[i] - centre) * (row[i] - centre));
        let variance = rows().map(squares).sum::<f64>() / count;
        // `centre` is the mean rounded to T; the square of the difference belongs to no variance.
        let off = mean - centre.to_f64();
        (mean, 1.0 / ((variance - off * off).max(0.0) + self.eps).sqrt())
    }
}

/// One row's affine map z = slope (x - mean) + shift.
#[derive(Clone, Copy)]
struct Row<T> {
    mean: T,
    slope: T,
    shift: T,
}

impl<T: Element> Row<T> {
    fn new((mean, reciprocal): (f64, f64), weight: T, bias: T) -> Self {
        let slope = T::from_f64(weight.to_f64() * reciprocal);
        Self { mean: T::from_f64(mean), slope, shift: bias }
    }

    #[inline(always)]
    fn map(self, x: T) -> T {
        (x - self.mean) * self.slope + self.shift
    }
}

impl<A: Activation> Normalise<A> {
    /// Gradients of one group: of x into `out`, of weight and bias into `affine` (one pair per
    /// channel). With xhat the normalised x and d = gradient * slope of the activation:
    /// dx = (weight d - mean(weight d) - xhat mean(weight d xhat)) / deviation.
    fn group_gradients<T: Element>(
        &self,
        group: usize,
        pass: &Backward<'_, T, 3>,
        out: &mut [T],
        affine: &mut [(f64, f64)],
    ) {
        let [x, weight, bias] = pass.inputs;
        let (weight, bias) = (self.affine(weight, group), self.affine(bias, group));
        let (length, start) = (self.sizes.length, group * self.group_size());
        let statistics = self.statistics.get().expect("the forward pass came first")[group];
        let (mut sum, mut product) = (0.0, 0.0);
        for (c, out) in out.chunks_exact_mut(length).enumerate() {
            let at = start + c * length;
            let (x, gradient) = (&x[at..at + length], &pass.gradient[at..at + length]);
            let row = Row::new(statistics, weight[c], bias[c]);
            let (for_bias, with_x) = activation_gradients::<A, T>(x, gradient, out, row);
            affine[c] = (with_x * statistics.1, for_bias);
            sum += weight[c].to_f64() * affine[c].1;
            product += weight[c].to_f64() * affine[c].0;
        }
        if !pass.wanted[0] {
            return;
        }
        let (mean, reciprocal) = statistics;
        let count = self.group_size() as f64;
        let constant = T::from_f64(-reciprocal * sum / count);
        let linear = T::from_f64(-reciprocal * reciprocal * product / count);
        let mean = T::from_f64(mean);
        for (c, out) in out.chunks_exact_mut(length).enumerate() {
            let x = &x[start + c * length..][..length];
            let direct = T::from_f64(reciprocal * weight[c].to_f64());
            for (out, x) in out.iter_mut().zip(x) {
                *out = *out * direct + (*x - mean) * linear + constant;
            }
        }
    }
}

/// Writes d = gradient * slope(z) into `out`; sums of d and of d (x - mean).
#[inline(always)]
fn activation_gradients<A: Activation, T: Element>(
    x: &[T],
    gradient: &[T],
    out: &mut [T],
    row: Row<T>,
) -> (f64, f64) {
    let (mut sums, mut products) = ([T::zero(); LANES], [T::zero(); LANES]);
    let (mut sum, mut product) = (0.0, 0.0);
    let blocks = x.chunks(LANES).zip(gradient.chunks(LANES)).zip(out.chunks_mut(LANES));
    for ((x, gradient), out) in blocks {
        if x.len() < LANES {
            for ((x, g), out) in x.iter().zip(gradient).zip(out) {
                *out = *g * A::slope(row.map(*x));
                sum += out.to_f64();
                product += (*out * (*x - row.mean)).to_f64();
            }
            break;
        }
        for lane in 0..LANES {
            let d = gradient[lane] * A::slope(row.map(x[lane]));
            out[lane] = d;
            sums[lane] += d;
            products[lane] += d * (x[lane] - row.mean);
        }
    }
    sum += sums.iter().map(|s| s.to_f64()).sum::<f64>();
    product += products.iter().map(|p| p.to_f64()).sum::<f64>();
    (sum, product)
}

impl<A: Activation> Kernel<3> for Normalise<A> {
    const NAME: &'static str = A::NAME;

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, weight, bias]: [&[T]; 3]) -> Vec<T> {
        let (size, length) = (self.group_size(), self.sizes.length);
        let mut out = vec![T::zero(); x.len()];
        let mut statistics = vec![(0.0, 0.0); self.sizes.groups];
        chunk_pairs((&mut out, size), (&mut statistics, 1), size * 8, |group, out, kept| {
            let x = &x[group * size..][..size];
            let (weight, bias) = (self.affine(weight, group), self.affine(bias, group));
            vectorised(|| {
                kept[0] = self.measure(x);
                for (c, out) in out.chunks_exact_mut(length).enumerate() {
                    let row = Row::new(kept[0], weight[c], bias[c]);
                    for (out, x) in out.iter_mut().zip(&x[c * length..]) {
                        *out = A::value(row.map(*x));
                    }
                }
            });
        });
        // A kernel lives for one application; a second forward would compute the same.
        self.statistics.get_or_init(|| statistics);
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 3>) -> [Option<Vec<T>>; 3] {
        let (size, channels) = (self.group_size(), self.sizes.channels);
        let mut for_x = vec![T::zero(); pass.gradient.len()];
        let mut affine = vec![(0.0, 0.0); self.sizes.groups * channels];
        chunk_pairs(
            (&mut for_x, size),
            (&mut affine, channels),
            size * 10,
            |group, out, affine| {
                vectorised(|| self.group_gradients(group, pass, out, affine));
            },
        );
        let columns = self.affine_groups * channels;
        let reduce = |part: fn(&(f64, f64)) -> f64| {
            let all: Vec<f64> = affine.iter().map(part).collect();
            column_sums(&all, columns).into_iter().map(T::from_f64).collect()
        };
        let [x, weight, bias] = pass.wanted;
        [x.then_some(for_x), weight.then(|| reduce(|a| a.0)), bias.then(|| reduce(|a| a.1))]
    }
}
