//! The passes over memory of a normalisation: rows of channels, a vector of channels at a time.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::Activation;
use crate::element::Element;
use crate::simd::{OnVectors, Vector, load_up_to, store_up_to};

/// Rows summed in T before the sums are added up in f64.
const ROWS: usize = 32;

/// Column sums of x - origin and of its square over the rows of `x`, added to both halves of `out`.
pub(super) struct ShiftedSums<'a, T> {
    pub x: &'a [T],
    /// One row.
    pub origin: &'a [T],
    pub out: &'a mut [f64],
}

impl<T: Element> OnVectors<T> for ShiftedSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let channels = self.origin.len();
        let (sums, squares) = self.out.split_at_mut(channels);
        for rows in self.x.chunks(ROWS * channels) {
            let count = rows.len() / channels;
            for first in (0..channels).step_by(V::LANES) {
                let lanes = V::LANES.min(channels - first);
                let mut short = [V::splat(T::ZERO); 2];
                // SAFETY: `lanes` channels from `first` on, within a row of `channels`.
                unsafe {
                    let origin = load_up_to::<V>(self.origin[first..].as_ptr(), lanes);
                    for row in 0..count {
                        let x = rows.as_ptr().add(row * channels + first);
                        let d = load_up_to::<V>(x, lanes).sub(origin);
                        short = [short[0].add(d), d.mul_add(d, short[1])];
                    }
                }
                add_lanes(short[0], &mut sums[first..first + lanes]);
                add_lanes(short[1], &mut squares[first..first + lanes]);
            }
        }
    }
}

/// out = activation((x - centre) scale + shift) for every row.
pub(super) struct Normalised<'a, T, A> {
    pub x: &'a [T],
    pub out: &'a mut [T],
    /// Centre, scale and shift, a row each.
    pub affine: [&'a [T]; 3],
    pub activation: PhantomData<A>,
}

impl<T: Element, A: Activation> OnVectors<T> for Normalised<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let channels = self.affine[0].len();
        assert_eq!(self.x.len(), self.out.len(), "a row of results for every row");
        let (x, out) = (self.x.as_ptr(), self.out.as_mut_ptr());
        for first in (0..channels).step_by(V::LANES) {
            let lanes = V::LANES.min(channels - first);
            // SAFETY: `lanes` channels from `first` on, within rows of `channels`.
            unsafe {
                let [centre, scale, shift] =
                    self.affine.map(|row| load_up_to::<V>(row[first..].as_ptr(), lanes));
                for row in 0..self.x.len() / channels {
                    let at = row * channels + first;
                    let z = load_up_to::<V>(x.add(at), lanes).sub(centre).mul_add(scale, shift);
                    store_up_to(A::value(z), out.add(at), lanes);
                }
            }
        }
    }
}

/// Turns the gradients `d` of rows of the result into those before the activation; column sums of d
/// and of d (x - centre) are added to both halves of `out`.
pub(super) struct ActivationGradients<'a, T, A> {
    pub x: &'a [T],
    pub d: &'a mut [T],
    /// Centre, scale and shift, a row each.
    pub affine: [&'a [T]; 3],
    pub out: &'a mut [f64],
    pub activation: PhantomData<A>,
}

impl<T: Element, A: Activation> OnVectors<T> for ActivationGradients<'_, T, A> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let channels = self.affine[0].len();
        assert_eq!(self.x.len(), self.d.len(), "a gradient for every row");
        let (sums, products) = self.out.split_at_mut(channels);
        for (x, d) in self.x.chunks(ROWS * channels).zip(self.d.chunks_mut(ROWS * channels)) {
            for first in (0..channels).step_by(V::LANES) {
                let lanes = V::LANES.min(channels - first);
                let mut short = [V::splat(T::ZERO); 2];
                // SAFETY: `lanes` channels from `first` on, within rows of `channels`.
                unsafe {
                    let [centre, scale, shift] =
                        self.affine.map(|row| load_up_to::<V>(row[first..].as_ptr(), lanes));
                    for row in 0..x.len() / channels {
                        let at = row * channels + first;
                        let centred = load_up_to::<V>(x.as_ptr().add(at), lanes).sub(centre);
                        let slope = A::slope(centred.mul_add(scale, shift));
                        let before = load_up_to::<V>(d.as_ptr().add(at), lanes).mul(slope);
                        store_up_to(before, d.as_mut_ptr().add(at), lanes);
                        short = [short[0].add(before), before.mul_add(centred, short[1])];
                    }
                }
                add_lanes(short[0], &mut sums[first..first + lanes]);
                add_lanes(short[1], &mut products[first..first + lanes]);
            }
        }
    }
}

/// d = d direct + (x - centre) linear + constant for every row.
pub(super) struct InputGradients<'a, T> {
    pub x: &'a [T],
    pub d: &'a mut [T],
    /// Direct, linear, centre and constant, a row each.
    pub terms: [&'a [T]; 4],
}

impl<T: Element> OnVectors<T> for InputGradients<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let channels = self.terms[0].len();
        assert_eq!(self.x.len(), self.d.len(), "a gradient for every row");
        let (x, d) = (self.x.as_ptr(), self.d.as_mut_ptr());
        for first in (0..channels).step_by(V::LANES) {
            let lanes = V::LANES.min(channels - first);
            // SAFETY: `lanes` channels from `first` on, within rows of `channels`.
            unsafe {
                let [direct, linear, centre, constant] =
                    self.terms.map(|row| load_up_to::<V>(row[first..].as_ptr(), lanes));
                for row in 0..self.x.len() / channels {
                    let at = row * channels + first;
                    let centred = load_up_to::<V>(x.add(at), lanes).sub(centre);
                    let rest = centred.mul_add(linear, constant);
                    let gradient = load_up_to::<V>(d.add(at), lanes).mul_add(direct, rest);
                    store_up_to(gradient, d.add(at), lanes);
                }
            }
        }
    }
}

/// Adds the first lanes of `values` to `sums`, as many as there are.
#[inline(always)]
fn add_lanes<V: Vector>(values: V, sums: &mut [f64]) {
    /// No vector has more lanes.
    const MOST: usize = 16;
    assert!(V::LANES <= MOST, "room for all lanes");
    let mut lanes = [V::Element::ZERO; MOST];
    // SAFETY: the array has room for all lanes.
    unsafe { values.store(lanes.as_mut_ptr()) };
    for (sum, lane) in sums.iter_mut().zip(lanes) {
        *sum += candle_core::WithDType::to_f64(lane);
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use super::{ActivationGradients, InputGradients, Normalised, ShiftedSums};
    use crate::norm::Silu;
    use crate::simd::{InstructionSet, run_f32_on};

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 29 + seed * 13) % 31) as f32 / 8.0 - 2.0).collect()
    }

    /// All passes over `rows` rows of `channels`, one result after the other.
    fn passes(set: InstructionSet, rows: usize, channels: usize) -> Vec<f64> {
        let (x, row) = (values(rows * channels, 1), |seed| values(channels, seed));
        let [a, b, c, d] = [row(2), row(3), row(4), row(5)];
        let affine = [&a[..], &b, &c];
        let (mut out, mut gradient) = (vec![0.0; x.len()], values(x.len(), 6));
        let (mut sums, mut products) = (vec![0.0; 2 * channels], vec![0.0; 2 * channels]);
        run_f32_on(set, ShiftedSums { x: &x, origin: &a, out: &mut sums });
        let activation = PhantomData::<Silu>;
        run_f32_on(set, Normalised { x: &x, out: &mut out, affine, activation });
        let before =
            ActivationGradients { x: &x, d: &mut gradient, affine, out: &mut products, activation };
        run_f32_on(set, before);
        out.extend(&gradient);
        run_f32_on(set, InputGradients { x: &x, d: &mut gradient, terms: [&a, &b, &c, &d] });
        out.extend(&gradient);
        sums.into_iter().chain(products).chain(out.into_iter().map(f64::from)).collect()
    }

    #[test]
    fn every_instruction_set_agrees_with_the_portable_one() {
        for channels in (1..=19).chain([31, 32, 33, 48]) {
            for rows in [1, 2, 33, 70] {
                let expected = passes(InstructionSet::Portable, rows, channels);
                for &set in InstructionSet::available() {
                    for (found, expected) in passes(set, rows, channels).iter().zip(&expected) {
                        let off = (found - expected).abs();
                        assert!(off < 1e-5 * (1.0 + expected.abs()), "{set:?} {rows} {channels}");
                    }
                }
            }
        }
    }
}
