//! Softmax of rows and its gradient.
#![allow(unsafe_code)]

use crate::element::Element;
use crate::parallel::{chunks, stretch};
use crate::simd::{OnVectors, Vector};

/// out = softmax of every row of `x` [rows, columns]. A row of which all elements are -inf gives NaN.
pub(crate) fn softmax<T: Element>(x: &[T], columns: usize, out: &mut [T]) {
    check(x.len(), columns, out.len());
    by_tasks(columns, out, |start, out| {
        T::on_vectors(Forward { x: &x[start..][..out.len()], columns, out });
    });
}

/// The gradient of the scores from the probabilities `p` [rows, columns] and their gradient:
/// p (g - <p, g>) for every row.
pub(crate) fn softmax_backward<T: Element>(p: &[T], gradient: &[T], columns: usize, out: &mut [T]) {
    check(p.len(), columns, out.len());
    check(gradient.len(), columns, out.len());
    by_tasks(columns, out, |start, out| {
        let (p, gradient) = (&p[start..][..out.len()], &gradient[start..][..out.len()]);
        T::on_vectors(Backward { p, gradient, columns, out });
    });
}

fn check(input: usize, columns: usize, output: usize) {
    assert_eq!(input, output, "sizes of a softmax");
    assert!(columns > 0 && output.is_multiple_of(columns), "rows of {columns} in {output}");
}

/// `task(start, rows)` for whole rows of `out` from element `start` on.
fn by_tasks<T: Element>(columns: usize, out: &mut [T], task: impl Fn(usize, &mut [T]) + Sync) {
    let size = (stretch(out.len()) / columns).max(1) * columns;
    chunks(out, size, size * 4, |index, out| task(index * size, out));
}

struct Forward<'a, T> {
    x: &'a [T],
    columns: usize,
    out: &'a mut [T],
}

impl<T: Element> OnVectors<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let rows = self.x.chunks_exact(self.columns);
        for (x, out) in rows.zip(self.out.chunks_exact_mut(self.columns)) {
            let largest = maximum(x);
            out.copy_from_slice(x);
            let factor = T::one() / exponentials::<V>(out, largest);
            for out in out {
                *out *= factor;
            }
        }
    }
}

struct Backward<'a, T> {
    p: &'a [T],
    gradient: &'a [T],
    columns: usize,
    out: &'a mut [T],
}

impl<T: Element> OnVectors<T> for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let rows = self.p.chunks_exact(self.columns).zip(self.gradient.chunks_exact(self.columns));
        for ((p, gradient), out) in rows.zip(self.out.chunks_exact_mut(self.columns)) {
            let mean = dot(p, gradient);
            for ((out, p), g) in out.iter_mut().zip(p).zip(gradient) {
                *out = *p * (*g - mean);
            }
        }
    }
}

/// Partial results side by side, to fill the vector units.
const LANES: usize = 32;

/// The largest element.
#[inline(always)]
pub(crate) fn maximum<T: Element>(values: &[T]) -> T {
    let mut lanes = [values[0]; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = lane.larger(*value);
        }
    }
    let largest = joined(lanes, T::larger);
    rest.iter().fold(largest, |largest, value| largest.larger(*value))
}

/// Replaces every value by exp(value - largest) and returns their sum.
#[inline(always)]
pub(crate) fn exponentials<V: Vector>(
    values: &mut [V::Element],
    largest: V::Element,
) -> V::Element {
    let (largest, to, count) = (V::splat(largest), values.as_mut_ptr(), values.len());
    let mut sums = [V::splat(V::Element::ZERO); 2];
    let whole = count / V::LANES * V::LANES;
    // SAFETY: every access is below the length of the slice.
    unsafe {
        for first in (0..whole).step_by(V::LANES) {
            let value = V::load(to.add(first)).sub(largest).exp();
            value.store(to.add(first));
            sums = [sums[1], sums[0].add(value)];
        }
    }
    let mut lanes = [V::Element::ZERO; LANES];
    // SAFETY: the array has room for two vectors of at most 16 lanes.
    unsafe {
        sums[0].store(lanes.as_mut_ptr());
        sums[1].store(lanes[LANES / 2..].as_mut_ptr());
    }
    let mut total = joined(lanes, |a, b| a + b);
    if whole < count {
        // SAFETY: as many elements as are left.
        unsafe {
            let value = V::load_first(to.add(whole), count - whole).sub(largest).exp();
            value.store_first(to.add(whole), count - whole);
        }
        for value in &values[whole..] {
            total += *value;
        }
    }
    total
}

/// All lanes joined by halves: a chain of as many steps would take longer than a short row.
#[inline(always)]
fn joined<T: Element>(mut lanes: [T; LANES], join: impl Fn(T, T) -> T) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = join(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// <x, y>.
#[inline(always)]
pub(crate) fn dot<T: Element>(x: &[T], y: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let mut xs = x.chunks_exact(LANES);
    let mut ys = y.chunks_exact(LANES);
    for (x, y) in (&mut xs).zip(&mut ys) {
        for ((lane, x), y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += *x * *y;
        }
    }
    for ((lane, x), y) in lanes.iter_mut().zip(xs.remainder()).zip(ys.remainder()) {
        *lane += *x * *y;
    }
    joined(lanes, |a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::{Backward, Forward, softmax, softmax_backward};
    use crate::simd::{InstructionSet, run_f32_on};

    /// Rows of scores, some of them large, and of gradients.
    fn example(rows: usize, columns: usize) -> (Vec<f32>, Vec<f32>) {
        let score = |i: usize| {
            ((i * 37 % 101) as f32 / 10.0 - 5.0) * if i.is_multiple_of(3) { 1e3 } else { 1.0 }
        };
        let gradient = |i: usize| (i * 53 % 97) as f32 / 48.0 - 1.0;
        ((0..rows * columns).map(score).collect(), (0..rows * columns).map(gradient).collect())
    }

    /// Softmax and gradient of the scores in f64.
    fn naive(x: &[f32], gradient: &[f32]) -> (Vec<f64>, Vec<f64>) {
        let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
        let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = x.iter().map(|x| (x - largest).exp()).sum();
        let p: Vec<f64> = x.iter().map(|x| (x - largest).exp() / total).collect();
        let mean: f64 = p.iter().zip(gradient).map(|(p, g)| p * f64::from(*g)).sum();
        let back = p.iter().zip(gradient).map(|(p, g)| p * (f64::from(*g) - mean)).collect();
        (p, back)
    }

    #[test]
    fn every_instruction_set_agrees_with_the_definition() {
        for columns in [1, 2, 7, 31, 32, 33, 100] {
            let (x, gradient) = example(3, columns);
            for &set in InstructionSet::available() {
                let mut p = vec![7.0; x.len()];
                run_f32_on(set, Forward { x: &x, columns, out: &mut p });
                let mut back = vec![7.0; x.len()];
                let task = Backward { p: &p, gradient: &gradient, columns, out: &mut back };
                run_f32_on(set, task);
                for row in 0..3 {
                    let row = row * columns..(row + 1) * columns;
                    let exact = naive(&x[row.clone()], &gradient[row.clone()]);
                    for (i, j) in row.enumerate() {
                        assert!((f64::from(p[j]) - exact.0[i]).abs() < 1e-6, "{set:?} {columns}");
                        assert!(
                            (f64::from(back[j]) - exact.1[i]).abs() < 1e-6,
                            "{set:?} {columns}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn tasks_are_whole_rows() {
        let (rows, columns) = (700, 97);
        let (x, gradient) = example(rows, columns);
        let (mut all, mut row) = (vec![0.0; x.len()], vec![0.0; columns]);
        let mut back = vec![0.0; x.len()];
        softmax(&x, columns, &mut all);
        softmax_backward(&all, &gradient, columns, &mut back);
        for i in (0..x.len()).step_by(columns) {
            softmax(&x[i..][..columns], columns, &mut row);
            assert_eq!(all[i..][..columns], row);
            let g = &gradient[i..][..columns];
            softmax_backward(&all[i..][..columns], g, columns, &mut row);
            assert_eq!(back[i..][..columns], row);
        }
    }
}
