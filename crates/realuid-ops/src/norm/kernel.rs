use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use candle_core::Shape;

use super::moments::{block_sums, for_blocks, image_moments};
use super::rows::Normalised;
use super::{Activation, Affine, Learned, Moments, NormGradients, Sizes};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::chunk_pairs;
use crate::tape::{Backward, Kernel};

/// activation(weight (x - mean) / sqrt(variance + eps) + bias), modulated; inputs x, weight, bias
/// and modulation.
pub(crate) struct Normalise<A> {
    shape: Shape,
    pub sizes: Sizes,
    pub eps: f64,
    moments: OnceLock<Moments>,
    activation: PhantomData<A>,
}

impl<A> Normalise<A> {
    pub fn new(shape: &Shape, sizes: Sizes, eps: f64) -> Self {
        let shape = shape.clone();
        Self { shape, sizes, eps, moments: OnceLock::new(), activation: PhantomData }
    }
}

impl<A: Activation> Normalise<A> {
    /// Both passes over an image one after the other, while it is in the cache.
    fn image_by_image<T: Element>(
        &self,
        x: &[T],
        learned: Learned<'_, T>,
        out: &mut [T],
    ) -> Moments {
        let sizes = self.sizes;
        let mut moments = vec![(0.0, 0.0); sizes.batch * sizes.groups];
        let (images, cost) = ((out, sizes.image()), sizes.image() * 4);
        chunk_pairs(images, (&mut moments, sizes.groups), cost, |image, out, moments| {
            let x = &x[image * sizes.image()..][..sizes.image()];
            image_moments(x, &block_sums(x, x, sizes.channels), sizes, self.eps, moments);
            let affine = Affine::of_image(moments, learned, sizes, image);
            let affine = affine.image(0, sizes.channels);
            T::on_vectors(Normalised { x, out, affine, activation: PhantomData::<A> });
        });
        Moments(moments)
    }
}

impl<A: Activation> Kernel<4> for Normalise<A> {
    const NAME: &'static str = A::NAME;
    const KEEPS: [bool; 4] = [true; 4];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, weight, bias, modulation]: [&[T]; 4], out: &mut [T]) {
        let (sizes, learned) = (self.sizes, Learned { weight, bias, modulation });
        if sizes.has_many_images() {
            let moments = self.image_by_image(x, learned, out);
            self.moments.get_or_init(|| moments);
            return;
        }
        let moments = self.moments.get_or_init(|| Moments::of(x, sizes, self.eps));
        let affine = Affine::new(moments, learned, sizes);
        for_blocks(sizes, out, |task, out| {
            let affine = affine.image(task / sizes.blocks(), sizes.channels);
            let x = sizes.rows(x, task);
            T::on_vectors(Normalised { x, out, affine, activation: PhantomData::<A> });
        });
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 4>) -> [Option<Arc<Buffer<T>>>; 4] {
        let [x, weight, bias, modulation] = pass.inputs;
        let norm = NormGradients {
            moments: self.moments.get().expect("the forward pass came first"),
            learned: Learned { weight, bias, modulation },
            sizes: self.sizes,
        };
        norm.backward::<A>(x, pass.gradient, pass.wanted)
    }
}
