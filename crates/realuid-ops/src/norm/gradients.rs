use std::marker::PhantomData;
use std::sync::Arc;

use super::moments::{blocks_of, for_blocks};
use super::rows::{ActivationGradients, InputGradients};
use super::{Activation, Affine, Learned, Moments, Sizes};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{chunk_pairs, own};

/// The backward pass of a normalisation.
pub(crate) struct NormGradients<'a, T> {
    pub moments: &'a Moments,
    pub learned: Learned<'a, T>,
    pub sizes: Sizes,
}

impl<T: Element> NormGradients<'_, T> {
    /// Gradients of x, weight, bias and modulation, as far as wanted, from that of the result.
    ///
    /// With xhat the normalised x and d = gradient * slope of the activation:
    /// dx = (weight d - mean(weight d) - xhat mean(weight d xhat)) / deviation.
    pub fn backward<A: Activation>(
        &self,
        x: &[T],
        gradient: Arc<Buffer<T>>,
        wanted: [bool; 4],
    ) -> [Option<Arc<Buffer<T>>>; 4] {
        let mut d = own(gradient);
        let sums = self.activation_gradients::<A>(x, &mut d);
        let [for_x, for_weight, for_bias, for_modulation] = wanted;
        let for_x = for_x.then(|| {
            self.input_gradient(x, &mut d, &sums);
            Arc::new(d)
        });
        [
            for_x,
            for_weight.then(|| self.over_images(&sums.products)),
            for_bias.then(|| self.over_images(&sums.plain)),
            for_modulation.then(|| self.modulation_gradient(&sums)),
        ]
    }

    /// Turns the gradient of the result into d, and sums d and d xhat.
    fn activation_gradients<A: Activation>(&self, x: &[T], d: &mut [T]) -> Sums {
        let (sizes, channels) = (self.sizes, self.sizes.channels);
        let affine = Affine::new(self.moments, self.learned, sizes);
        let mut partial = vec![0.0; sizes.batch * sizes.blocks() * 2 * channels];
        let mut rows = blocks_of(sizes, d);
        let cost = sizes.block_size() * 8;
        chunk_pairs((&mut rows, 1), (&mut partial, 2 * channels), cost, |task, d, out| {
            let affine = affine.image(task / sizes.blocks(), channels);
            let (x, activation) = (sizes.rows(x, task), PhantomData::<A>);
            T::on_vectors(ActivationGradients { x, d: &mut *d[0], affine, out, activation });
        });
        let mut sums = Sums { plain: Vec::new(), products: Vec::new() };
        for (image, both) in sizes.image_sums(&partial).chunks_exact(2 * channels).enumerate() {
            let (plain, centred) = both.split_at(channels);
            sums.plain.extend(plain);
            sums.products.extend(centred.iter().enumerate().map(|(c, product)| {
                product * self.moments.0[image * sizes.groups + c / sizes.group()].1
            }));
        }
        sums
    }

    /// Turns d into the gradient of x.
    fn input_gradient(&self, x: &[T], d: &mut [T], sums: &Sums) {
        let (sizes, channels) = (self.sizes, self.sizes.channels);
        let terms = self.terms(sums);
        for_blocks(sizes, d, |task, d| {
            let image = &terms[task / sizes.blocks() * 4 * channels..];
            let terms = [0, 1, 2, 3].map(|row| &image[row * channels..(row + 1) * channels]);
            T::on_vectors(InputGradients { x: sizes.rows(x, task), d, terms });
        });
    }

    /// The rows of dx = d direct + (x - centre) linear + constant for every image, [B, 4, C].
    fn terms(&self, sums: &Sums) -> Vec<T> {
        let (sizes, channels) = (self.sizes, self.sizes.channels);
        let mut terms = vec![T::zero(); sizes.batch * 4 * channels];
        for (image, terms) in terms.chunks_exact_mut(4 * channels).enumerate() {
            for group in 0..sizes.groups {
                let (mean, reciprocal) = self.moments.0[image * sizes.groups + group];
                let members = group * sizes.group()..(group + 1) * sizes.group();
                let weight = |c| self.learned.at(image, c).0;
                let total = |sums: &[f64]| {
                    members.clone().map(|c| weight(c) * sums[image * channels + c]).sum::<f64>()
                };
                let constant = -reciprocal * total(&sums.plain) / sizes.count();
                let linear = -reciprocal * reciprocal * total(&sums.products) / sizes.count();
                for c in members.clone() {
                    terms[c] = T::from_f64(weight(c) * reciprocal);
                    terms[channels + c] = T::from_f64(linear);
                    terms[2 * channels + c] = T::from_f64(mean);
                    terms[3 * channels + c] = T::from_f64(constant);
                }
            }
        }
        terms
    }

    /// The gradient of weight or bias from `sums` [B, C] for what the modulation makes of it.
    fn over_images(&self, sums: &[f64]) -> Arc<Buffer<T>> {
        let channels = self.sizes.channels;
        let factor = |image: usize, c: usize| match self.learned.modulation {
            [] => 1.0,
            modulation => 1.0 + modulation[image * 2 * channels + c].to_f64(),
        };
        let mut out = Buffer::stale(channels);
        for (c, out) in out.iter_mut().enumerate() {
            let images = 0..self.sizes.batch;
            let terms = images.map(|image| sums[image * channels + c] * factor(image, c));
            *out = T::from_f64(terms.sum());
        }
        Arc::new(out)
    }

    fn modulation_gradient(&self, sums: &Sums) -> Arc<Buffer<T>> {
        let channels = self.sizes.channels;
        let mut out = Buffer::stale(self.sizes.batch * 2 * channels);
        for (image, out) in out.chunks_exact_mut(2 * channels).enumerate() {
            for c in 0..channels {
                let (plain, product) =
                    (sums.plain[image * channels + c], sums.products[image * channels + c]);
                let (weight, bias) = (self.learned.weight[c], self.learned.bias[c]);
                out[c] = T::from_f64(weight.to_f64() * product + bias.to_f64() * plain);
                out[channels + c] = T::from_f64(plain);
            }
        }
        Arc::new(out)
    }
}

/// Sums of d and of d xhat over the positions of every image and channel, [B, C].
struct Sums {
    plain: Vec<f64>,
    products: Vec<f64>,
}
