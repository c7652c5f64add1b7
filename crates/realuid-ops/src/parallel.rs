//! Splitting work over cores so that no result depends on how many there are: every task writes its
//! own slice of the output, and task boundaries follow from the problem, not from the machine.

use candle_core::WithDType;
use rayon::prelude::*;

use crate::element::Element;

/// Elementary operations under which handing a task to another thread costs more than it saves.
const GRAIN: usize = 1 << 15;

/// Elements per task of an elementwise loop.
const ELEMENTS: usize = 1 << 13;

/// `task(index, slice)` for every `size` elements of `out`; `cost` elementary operations each.
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    size: usize,
    cost: usize,
    task: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let size = size.max(1);
    let least = (GRAIN / cost.max(1)).max(1);
    if out.len().div_ceil(size) <= least {
        out.chunks_mut(size).enumerate().for_each(|(i, chunk)| task(i, chunk));
    } else {
        out.par_chunks_mut(size)
            .enumerate()
            .with_min_len(least)
            .for_each(|(i, chunk)| task(i, chunk));
    }
}

/// As [`chunks`] over two outputs at once, split into equally many parts.
pub(crate) fn chunk_pairs<T: Send, U: Send>(
    (first, first_size): (&mut [T], usize),
    (second, second_size): (&mut [U], usize),
    cost: usize,
    task: impl Fn(usize, &mut [T], &mut [U]) + Sync + Send,
) {
    let least = (GRAIN / cost.max(1)).max(1);
    first
        .par_chunks_mut(first_size.max(1))
        .zip(second.par_chunks_mut(second_size.max(1)))
        .enumerate()
        .with_min_len(least)
        .for_each(|(i, (a, b))| task(i, a, b));
}

/// function(x) for every element.
pub(crate) fn map<T: Element>(x: &[T], function: impl Fn(T) -> T + Sync + Send) -> Vec<T> {
    let mut out = vec![T::zero(); x.len()];
    chunks(&mut out, ELEMENTS, ELEMENTS * 4, |i, out| {
        let x = &x[i * ELEMENTS..][..out.len()];
        vectorised(|| {
            for (out, x) in out.iter_mut().zip(x) {
                *out = function(*x);
            }
        });
    });
    out
}

/// function(x, y) for every pair of elements.
pub(crate) fn zip_map<T: Element>(
    x: &[T],
    y: &[T],
    function: impl Fn(T, T) -> T + Sync + Send,
) -> Vec<T> {
    let mut out = vec![T::zero(); x.len()];
    chunks(&mut out, ELEMENTS, ELEMENTS * 4, |i, out| {
        let (x, y) = (&x[i * ELEMENTS..][..out.len()], &y[i * ELEMENTS..][..out.len()]);
        vectorised(|| {
            for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
                *out = function(*x, *y);
            }
        });
    });
    out
}

/// Sum of squares in f64, the same for any number of threads.
pub(crate) fn sum_of_squares<T: WithDType>(x: &[T]) -> f64 {
    let part = |x: &[T]| x.iter().map(|v| v.to_f64() * v.to_f64()).sum::<f64>();
    if x.len() <= ELEMENTS {
        return part(x);
    }
    let parts: Vec<f64> = x.par_chunks(ELEMENTS).map(part).collect();
    parts.iter().sum()
}

/// Runs `work` compiled for vector instructions where this machine has more than its baseline.
///
/// Nothing is fused or reordered, so the bits are the same on every machine.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has the one feature that `wide` is compiled for.
            #[allow(unsafe_code)]
            return unsafe { wide(work) };
        }
    }
    work()
}

/// Number of partial sums in [`lane_sum`]: independent additions fill the vector units.
pub(crate) const LANES: usize = 16;

/// Sum over `count` terms by 16 interleaved partial sums, joined in f64.
#[inline(always)]
pub(crate) fn lane_sum<T: Element>(count: usize, term: impl Fn(usize) -> T) -> f64 {
    let mut lanes = [T::zero(); LANES];
    let whole = count / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += term(start + lane);
        }
    }
    let rest: f64 = (whole..count).map(|i| term(i).to_f64()).sum();
    lanes.iter().map(|sum| sum.to_f64()).sum::<f64>() + rest
}
