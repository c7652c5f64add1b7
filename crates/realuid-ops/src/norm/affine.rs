use super::{Moments, Sizes};
use crate::element::Element;

/// Normalisation, learned map and modulation as one affine map z = (x - centre) scale + shift per
/// image and channel, all [B, C].
pub(crate) struct Affine<T> {
    pub centre: Vec<T>,
    pub scale: Vec<T>,
    pub shift: Vec<T>,
}

/// The learned part: weight and bias `[C]`, modulation [B, 2C] or empty.
#[derive(Clone, Copy)]
pub(crate) struct Learned<'a, T> {
    pub weight: &'a [T],
    pub bias: &'a [T],
    pub modulation: &'a [T],
}

impl<T: Element> Learned<'_, T> {
    /// Scale and shift of channel `c` of `image`, after normalisation.
    pub fn at(&self, image: usize, c: usize) -> (f64, f64) {
        let channels = self.weight.len();
        let (weight, bias) = (self.weight[c].to_f64(), self.bias[c].to_f64());
        if self.modulation.is_empty() {
            return (weight, bias);
        }
        let row = &self.modulation[image * 2 * channels..][..2 * channels];
        let (scale, shift) = (1.0 + row[c].to_f64(), row[channels + c].to_f64());
        (weight * scale, bias * scale + shift)
    }
}

impl<T: Element> Affine<T> {
    pub fn new(moments: &Moments, learned: Learned<'_, T>, sizes: Sizes) -> Self {
        let mut all = Self { centre: Vec::new(), scale: Vec::new(), shift: Vec::new() };
        for (image, moments) in moments.0.chunks_exact(sizes.groups).enumerate() {
            let one = Self::of_image(moments, learned, sizes, image);
            all.centre.extend(one.centre);
            all.scale.extend(one.scale);
            all.shift.extend(one.shift);
        }
        all
    }

    /// The map of one image, all `[C]`.
    pub fn of_image(
        moments: &[(f64, f64)],
        learned: Learned<'_, T>,
        sizes: Sizes,
        image: usize,
    ) -> Self {
        let group = |c| moments[c / sizes.group()];
        let both = |c| learned.at(image, c);
        let channels = 0..sizes.channels;
        Self {
            centre: channels.clone().map(|c| T::from_f64(group(c).0)).collect(),
            scale: channels.clone().map(|c| T::from_f64(both(c).0 * group(c).1)).collect(),
            shift: channels.map(|c| T::from_f64(both(c).1)).collect(),
        }
    }

    /// Scale and shift of the same map as x scale + shift: what a convolution does to its input.
    pub fn folded(mut self) -> (Vec<T>, Vec<T>) {
        for ((shift, scale), centre) in self.shift.iter_mut().zip(&self.scale).zip(&self.centre) {
            *shift = T::from_f64(shift.to_f64() - centre.to_f64() * scale.to_f64());
        }
        (self.scale, self.shift)
    }

    /// Centre, scale and shift of one image.
    pub fn image(&self, image: usize, channels: usize) -> [&[T]; 3] {
        let start = image * channels;
        [&self.centre, &self.scale, &self.shift].map(|values| &values[start..start + channels])
    }
}
