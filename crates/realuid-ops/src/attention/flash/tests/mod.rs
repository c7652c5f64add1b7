#![allow(clippy::float_cmp)] // bit-for-bit equality is what some of these are about

mod case;
mod views;

use case::{Case, Results};

use super::{KEYS, QUERIES, Sizes};
use crate::element::Element;
use crate::simd::{InstructionSet, run_f32_on};

/// [batch, heads, queries, keys, width, value width]: odd ones, and around the edges of tiles.
const CASES: [[usize; 6]; 10] = [
    [1, 1, 1, 1, 1, 1],
    [2, 2, 5, 5, 3, 3],
    [1, 2, 1, 7, 20, 5],
    [1, 3, 33, 33, 20, 20],
    [2, 1, 16, 16, 64, 64],
    [1, 1, 13, KEYS, 31, 33],
    [1, 1, QUERIES, KEYS + 1, 9, 17],
    [1, 1, QUERIES + 1, KEYS - 1, 16, 32],
    [1, 2, 2 * QUERIES + 5, 2 * KEYS + 3, 8, 6],
    [1, 1, 1, 2 * KEYS + 3, 3, 2],
];

fn sizes([batch, heads, queries, keys, width, value_width]: [usize; 6]) -> Sizes {
    let scale = 1.0 / (width as f64).sqrt();
    Sizes { batch, heads, queries, keys, width, value_width, scale }
}

/// Differences of at most `tolerance` of the largest element.
#[track_caller]
fn assert_close(ours: &Results, exact: &Results, tolerance: f64) {
    let parts = |r: &Results| {
        let [query, key, value] = r.gradients.clone();
        [
            ("out", r.out.clone()),
            ("log", r.log_sum_exp.clone()),
            ("q", query),
            ("k", key),
            ("v", value),
        ]
    };
    for ((name, ours), (_, exact)) in parts(ours).into_iter().zip(parts(exact)) {
        assert_eq!(ours.len(), exact.len());
        let largest = exact.iter().fold(0.5_f64, |largest, x| largest.max(x.abs()));
        for (index, (ours, exact)) in ours.iter().zip(&exact).enumerate() {
            let close = (ours - exact).abs() <= tolerance * largest;
            assert!(close, "{name} {index}: {ours} for {exact}");
        }
    }
}

#[test]
fn every_instruction_set_agrees_with_the_definition() {
    for case in CASES {
        let case = Case::new(sizes(case), 1.0);
        let exact = case.naive();
        for &set in InstructionSet::available() {
            let ours = case.computed(|task| run_f32_on(set, task), |task| run_f32_on(set, task));
            assert_close(&ours, &exact, 2e-6);
        }
    }
}

#[test]
fn f64_agrees_with_the_definition() {
    for case in CASES {
        let case = Case::new(sizes(case), 1.0);
        let ours = case.computed(|task| f64::on_vectors(task), |task| f64::on_vectors(task));
        assert_close(&ours, &case.naive(), 1e-13);
    }
}

#[test]
fn large_scores_do_not_overflow() {
    // Scores up to about 1e4, nearly all probability on one key.
    for case in [[1, 2, 33, 33, 20, 20], [1, 1, 70, 2 * KEYS + 3, 8, 6]] {
        let case = Case::new(sizes(case), 100.0);
        let exact = case.naive();
        assert!(exact.log_sum_exp.iter().any(|x| *x > 5e3));
        assert_close(
            &case.computed(|task| f64::on_vectors(task), |task| f64::on_vectors(task)),
            &exact,
            1e-11,
        );
        for &set in InstructionSet::available() {
            let ours = case.computed(|task| run_f32_on(set, task), |task| run_f32_on(set, task));
            // Half a unit in the last place of a score of 1e4 is 5e-4.
            assert_close(&ours, &exact, 1e-2);
        }
    }
}

#[test]
fn running_softmax_forgets_earlier_tiles_below_a_later_one() {
    let mut case = Case::new(sizes([1, 1, 3, 3 * KEYS, 4, 4]), 1.0);
    case.sizes.scale = 1e3;
    let ours = case.computed(|task| f32::on_vectors(task), |task| f32::on_vectors(task));
    assert_close(&ours, &case.naive(), 1e-3);
}

#[test]
fn results_do_not_depend_on_threads() {
    let case = Case::new(sizes([1, 2, 3 * QUERIES, KEYS, 16, 16]), 1.0);
    let alone = case.computed(|task| f32::on_vectors(task), |task| f32::on_vectors(task));
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert_eq!(pool.install(|| case.computed_in_parallel::<f32>()), alone);
    }
}
