//! Splitting work over cores so that no result depends on how many there are: every task writes its
//! own slice of the output, and task boundaries follow from the problem, not from the machine.

use std::sync::Arc;

use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::simd::InstructionSet;

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

/// out = function(x) for every element.
pub(crate) fn map<T: Element>(x: &[T], out: &mut [T], function: impl Fn(T) -> T + Sync + Send) {
    chunks(out, ELEMENTS, ELEMENTS * 4, |i, out| {
        let x = &x[i * ELEMENTS..][..out.len()];
        vectorised(|| {
            for (out, x) in out.iter_mut().zip(x) {
                *out = function(*x);
            }
        });
    });
}

/// function(x, y) for every pair of elements, over `y` if nobody else holds it.
pub(crate) fn zip_map<T: Element>(
    x: &[T],
    y: Arc<Buffer<T>>,
    function: impl Fn(T, T) -> T + Sync + Send,
) -> Arc<Buffer<T>> {
    let mut out = own(y);
    chunks(&mut out, ELEMENTS, ELEMENTS * 4, |i, out| {
        let x = &x[i * ELEMENTS..][..out.len()];
        vectorised(|| {
            for (out, x) in out.iter_mut().zip(x) {
                *out = function(*x, *out);
            }
        });
    });
    Arc::new(out)
}

/// A buffer to be changed: a copy if somebody else holds it too.
pub(crate) fn own<T: Element>(buffer: Arc<Buffer<T>>) -> Buffer<T> {
    Arc::try_unwrap(buffer).unwrap_or_else(|shared| {
        let mut copy = Buffer::stale(shared.len());
        chunks(&mut copy, ELEMENTS, ELEMENTS, |i, copy| {
            copy.copy_from_slice(&shared[i * ELEMENTS..][..copy.len()]);
        });
        copy
    })
}

/// Runs `work` compiled for vector instructions where this machine has more than its baseline.
///
/// Nothing is fused or reordered, so the bits are the same on every machine.
#[inline(always)]
pub(crate) fn vectorised<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
        fn widest<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        #[target_feature(enable = "avx2")]
        fn wide<R>(work: impl FnOnce() -> R) -> R {
            work()
        }
        let best = InstructionSet::available()[0];
        // SAFETY: the processor has what each is compiled for.
        #[allow(unsafe_code)]
        match best {
            InstructionSet::Avx512 => return unsafe { widest(work) },
            InstructionSet::Avx2 => return unsafe { wide(work) },
            InstructionSet::Portable => {}
        }
    }
    work()
}

/// Number of partial sums in [`lane_sum`]: independent additions fill the vector units.
pub(crate) const LANES: usize = 16;
