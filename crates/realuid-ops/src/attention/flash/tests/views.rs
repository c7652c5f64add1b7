//! Views into one projection to q, k and v, and destinations that overlap.

use super::case::{cast, numbers};
use super::sizes;
use crate::attention::flash::{
    Gradients, Heads, HeadsMut, Inputs, Layout, Saved, backward, forward,
};

const BATCH: usize = 2;
const HEADS: usize = 3;
const TOKENS: usize = 17;
const WIDTH: usize = 5;
const CHANNELS: usize = HEADS * WIDTH;

/// Layouts of q, k and v in a projection with channels (3, heads, width).
fn parts_first() -> [Layout; 3] {
    [0, 1, 2].map(|i| Layout::channels_last(TOKENS, 3 * CHANNELS, i * CHANNELS, WIDTH))
}

/// Layouts of q, k and v in a projection with channels (heads, 3, width).
fn heads_first() -> [Layout; 3] {
    [0, 1, 2].map(|i| Layout::channels_last(TOKENS, 3 * CHANNELS, i * WIDTH, 3 * WIDTH))
}

/// Layouts of three tensors [batch, heads, tokens, width] one after another.
fn head_major() -> [Layout; 3] {
    let size = BATCH * TOKENS * CHANNELS;
    [0, 1, 2].map(|i| Layout { offset: i * size, ..Layout::head_major(HEADS, TOKENS, WIDTH) })
}

/// Elements of [batch, heads, tokens, width] in the order of the given layout.
fn gathered(data: &[f32], layout: Layout) -> Vec<f32> {
    let mut all = Vec::new();
    for (item, head) in (0..BATCH).flat_map(|item| (0..HEADS).map(move |head| (item, head))) {
        for row in 0..TOKENS {
            let start = layout.start(item, head) + row * layout.row_stride;
            all.extend_from_slice(&data[start..][..WIDTH]);
        }
    }
    all
}

/// As [`gathered`], the other way.
fn scattered(values: &[f32], layouts: [Layout; 3]) -> Vec<f32> {
    let mut data = vec![0.0; values.len()];
    let mut values = values.chunks_exact(WIDTH);
    for layout in layouts {
        for (item, head) in (0..BATCH).flat_map(|item| (0..HEADS).map(move |head| (item, head))) {
            for row in 0..TOKENS {
                let start = layout.start(item, head) + row * layout.row_stride;
                data[start..][..WIDTH].copy_from_slice(values.next().unwrap());
            }
        }
    }
    data
}

/// Output and the gradients of q, k and v, each gathered, computed on one buffer; `wanted` gradients
/// only, the elements of the others staying as they were: 7.
fn results(layouts: [Layout; 3], wanted: [bool; 3]) -> [Vec<f32>; 4] {
    let sizes = sizes([BATCH, HEADS, TOKENS, TOKENS, WIDTH, WIDTH]);
    let shape = sizes.of_query();
    let values = cast::<f32>(&numbers(3 * BATCH * TOKENS * CHANNELS, 5));
    let data = scattered(&values, layouts);
    let d_out = cast::<f32>(&numbers(BATCH * TOKENS * CHANNELS, 6));
    let of_out = Layout::channels_last(TOKENS, CHANNELS, 0, WIDTH);
    let [query, key, value] = layouts.map(|layout| Heads::new(&data, layout));
    let inputs = Inputs { query, key, value };
    let mut out = vec![0.0; d_out.len()];
    let mut log_sum_exp = vec![0.0; BATCH * HEADS * TOKENS];
    forward(inputs, sizes, HeadsMut::new(&mut out, of_out, shape), &mut log_sum_exp);
    let mut gradient = vec![7.0; data.len()];
    let views = match layouts[0].row_stride {
        WIDTH => {
            let parts = gradient.chunks_exact_mut(data.len() / 3);
            let own = Layout { offset: 0, ..layouts[0] };
            let views: Vec<_> = parts.map(|part| Some(HeadsMut::new(part, own, shape))).collect();
            views.try_into().unwrap()
        }
        _ => HeadsMut::of_one(&mut gradient, layouts.map(|layout| (layout, shape))).map(Some),
    };
    let [query, key, value] = views;
    let gradients = Gradients {
        query: query.filter(|_| wanted[0]),
        key: key.filter(|_| wanted[1]),
        value: value.filter(|_| wanted[2]),
    };
    let (of_result, of_d_out) = (Heads::new(&out, of_out), Heads::new(&d_out, of_out));
    let saved = Saved { inputs, out: of_result, log_sum_exp: &log_sum_exp, gradient: of_d_out };
    backward(saved, sizes, gradients);
    let [query, key, value] = layouts.map(|layout| gathered(&gradient, layout));
    [out, query, key, value]
}

#[test]
fn order_of_channels_does_not_matter() {
    let expected = results(head_major(), [true; 3]);
    assert!(expected.iter().flatten().all(|x| *x != 7.0));
    assert_eq!(results(parts_first(), [true; 3]), expected);
    assert_eq!(results(heads_first(), [true; 3]), expected);
}

#[test]
fn only_wanted_gradients_are_written() {
    let all = results(parts_first(), [true; 3]);
    for bits in 0..8 {
        let wanted = [0, 1, 2].map(|i| bits >> i & 1 == 1);
        let some = results(parts_first(), wanted);
        for i in 0..3 {
            let expected = if wanted[i] { all[i + 1].clone() } else { vec![7.0; all[i + 1].len()] };
            assert_eq!(some[i + 1], expected, "{wanted:?} part {i}");
        }
    }
}

/// Whether a destination with these views of [batch, heads, tokens, width] is refused.
fn is_refused<const N: usize>(layouts: [Layout; N]) -> bool {
    let mut data = vec![0.0_f32; 3 * BATCH * TOKENS * CHANNELS];
    let views = layouts.map(|layout| (layout, [BATCH, HEADS, TOKENS, WIDTH]));
    let build = std::panic::AssertUnwindSafe(|| HeadsMut::of_one(&mut data, views).map(|_| ()));
    std::panic::catch_unwind(build).is_err()
}

#[test]
fn overlapping_destinations_are_refused() {
    let [q, k, v] = parts_first();
    assert!(!is_refused([q, k, v]));
    assert!(!is_refused(heads_first()));
    assert!(!is_refused([Layout::head_major(HEADS, TOKENS, WIDTH)]));
    assert!(is_refused([q, k, k]));
    assert!(is_refused([q, Layout { offset: k.offset - 1, ..k }, v]));
    assert!(is_refused([Layout { head_stride: WIDTH - 1, ..q }]));
    assert!(is_refused([Layout { row_stride: CHANNELS - 1, ..q }]));
    assert!(is_refused([Layout { batch_stride: q.batch_stride - 1, ..q }, k, v]));
    assert!(is_refused([q, k, Layout { row_stride: v.row_stride - 1, ..v }]));
    // Inside the slice but for the last row.
    assert!(is_refused([Layout { offset: 2 * CHANNELS + 1, ..q }]));
}
