#![allow(unsafe_code)]

use super::{Disjoint, run};

/// Elementary operations under which handing a task to another thread costs more than it saves.
const GRAIN: usize = 1 << 15;

/// `task(index, slice)` for every `size` elements of `out`, at least 1; `cost` elementary operations
/// each. As many chunks go to a thread together as cost [`GRAIN`].
pub(crate) fn chunks<T: Send>(
    out: &mut [T],
    size: usize,
    cost: usize,
    task: impl Fn(usize, &mut [T]) + Sync,
) {
    chunk_pairs((out, size), (&mut [(); 0], 0), cost, |index, out, _| task(index, out));
}

/// As [`chunks`] over two outputs at once, split into equally many parts.
pub(crate) fn chunk_pairs<T: Send, U: Send>(
    (first, first_size): (&mut [T], usize),
    (second, second_size): (&mut [U], usize),
    cost: usize,
    task: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    assert!(first_size > 0 || first.is_empty(), "chunks have elements");
    let count = first.len().div_ceil(first_size.max(1));
    let (first, second) = (Disjoint::new(first), Disjoint::new(second));
    let together = (GRAIN / cost.max(1)).max(1);
    run(count.div_ceil(together), |group| {
        for index in group * together..count.min((group + 1) * together) {
            // SAFETY: each index is met once and has elements of its own.
            let (first, second) = unsafe {
                let first = first.up_to(index * first_size, first_size);
                (first, second.up_to(index * second_size, second_size))
            };
            task(index, first, second);
        }
    });
}

/// `task(item)` for every item, each worth a thread.
pub(crate) fn consume<T: Send>(items: Vec<T>, task: impl Fn(T) + Sync) {
    let mut items: Vec<_> = items.into_iter().map(Some).collect();
    chunks(&mut items, 1, GRAIN, |_, item| task(item[0].take().expect("each item is met once")));
}

/// Elements of a task where they can be divided at will: long stretches of memory are read faster, but
/// every thread should have its share.
pub(crate) fn stretch(elements: usize) -> usize {
    (elements / 8).clamp(1 << 13, 1 << 17).next_multiple_of(64)
}
