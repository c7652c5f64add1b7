//! Functions of single elements, on the widest vectors.
#![allow(unsafe_code)]

use std::sync::Arc;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{chunks, own, stretch};
use crate::simd::{OnVectors, Vector, load_up_to, store_up_to};

/// A function of one element, written for a vector of them.
pub(crate) trait UnaryMap {
    /// The function; `#[inline(always)]`.
    fn apply<V: Vector>(x: V) -> V;
}

/// A function of two elements, written for two vectors of them.
pub(crate) trait BinaryMap {
    /// The function; `#[inline(always)]`.
    fn apply<V: Vector>(x: V, y: V) -> V;
}

/// out = F(x).
pub(crate) fn map<F: UnaryMap, T: Element>(x: &[T], out: &mut [T]) {
    let size = stretch(x.len());
    chunks(out, size, size * 4, |i, out| {
        let x = &x[i * size..][..out.len()];
        T::on_vectors(Unary { x, out, function: std::marker::PhantomData::<F> });
    });
}

/// F(x, y), over `y` if nobody else holds it.
pub(crate) fn zip_map<F: BinaryMap, T: Element>(x: &[T], y: Arc<Buffer<T>>) -> Arc<Buffer<T>> {
    let mut out = own(y);
    let size = stretch(x.len());
    chunks(&mut out, size, size * 4, |i, y| {
        let x = &x[i * size..][..y.len()];
        T::on_vectors(Binary { x, y, function: std::marker::PhantomData::<F> });
    });
    Arc::new(out)
}

struct Unary<'a, T, F> {
    x: &'a [T],
    out: &'a mut [T],
    function: std::marker::PhantomData<F>,
}

impl<T: Element, F: UnaryMap> OnVectors<T> for Unary<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let (x, out) = (self.x.as_ptr(), self.out.as_mut_ptr());
        assert_eq!(self.x.len(), self.out.len(), "a map has as many results as arguments");
        for first in (0..self.x.len()).step_by(V::LANES) {
            let lanes = V::LANES.min(self.x.len() - first);
            // SAFETY: both slices have `lanes` elements from `first` on.
            unsafe {
                let value = F::apply(load_up_to::<V>(x.add(first), lanes));
                store_up_to(value, out.add(first), lanes);
            }
        }
    }
}

struct Binary<'a, T, F> {
    x: &'a [T],
    y: &'a mut [T],
    function: std::marker::PhantomData<F>,
}

impl<T: Element, F: BinaryMap> OnVectors<T> for Binary<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let (x, y) = (self.x.as_ptr(), self.y.as_mut_ptr());
        assert_eq!(self.x.len(), self.y.len(), "two arguments for each result");
        for first in (0..self.x.len()).step_by(V::LANES) {
            let lanes = V::LANES.min(self.x.len() - first);
            // SAFETY: both slices have `lanes` elements from `first` on.
            unsafe {
                let load = |from: *const T| load_up_to::<V>(from.add(first), lanes);
                store_up_to(F::apply(load(x), load(y)), y.add(first), lanes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use super::{Binary, BinaryMap, Unary, UnaryMap};
    use crate::silu::{silu_slope, silu_value};
    use crate::simd::{InstructionSet, Vector, run_f32_on};

    struct Value;
    impl UnaryMap for Value {
        #[inline(always)]
        fn apply<V: Vector>(x: V) -> V {
            silu_value(x)
        }
    }

    struct Slope;
    impl BinaryMap for Slope {
        #[inline(always)]
        fn apply<V: Vector>(x: V, y: V) -> V {
            y.mul(silu_slope(x))
        }
    }

    #[test]
    fn every_instruction_set_and_length_agrees_with_the_definition() {
        for length in 0..=33 {
            let x: Vec<f32> = (0..length).map(|i| (i * 37 % 23) as f32 - 11.0).collect();
            let sigmoid = |x: f32| 1.0 / (1.0 + (-f64::from(x)).exp());
            for &set in InstructionSet::available() {
                let (mut value, mut slope) = (vec![7.0; length], vec![2.0; length]);
                let function = PhantomData::<Value>;
                run_f32_on(set, Unary { x: &x, out: &mut value, function });
                let function = PhantomData::<Slope>;
                run_f32_on(set, Binary { x: &x, y: &mut slope, function });
                for ((x, value), slope) in x.iter().zip(value).zip(slope) {
                    let s = sigmoid(*x);
                    let exact = [f64::from(*x) * s, 2.0 * s * (1.0 + f64::from(*x) * (1.0 - s))];
                    for (found, exact) in [value, slope].into_iter().zip(exact) {
                        let off = (f64::from(found) - exact).abs();
                        assert!(off < 1e-6 * (1.0 + exact.abs()), "{set:?}, {length}: at {x}");
                    }
                }
            }
        }
    }
}
