use super::column_product::ColumnProduct;
use super::dot_product::DotProduct;
use super::row_product::RowProduct;
use super::{Linear, LinearEpilogue, LinearInput, PanelSource, Panels, Product, Row, pack};
use crate::comparison::{assert_close, to_f32, values};
use crate::parallel::Disjoint;
use crate::simd::{InstructionSet, OnVectors, Vector, run_f32_on};

/// All three functions of a linear map against plain loops.
fn check_linear(linear: Linear, stride: usize) {
    let Linear { rows, inputs, outputs } = linear;
    let (x, weight) = (values(rows * stride, 1), values(outputs * inputs, 2));
    let (dy, residual) = (values(rows * outputs, 3), values(rows * outputs, 4));
    let bias = values(rows.div_ceil(2) * outputs, 5);
    let (mut y, mut dx) = (residual.clone(), vec![0.0; rows * inputs]);
    let mut dw = vec![0.0; outputs * inputs];
    for row in 0..rows {
        for output in 0..outputs {
            y[row * outputs + output] += bias[row / 2 * outputs + output];
            for input in 0..inputs {
                let (x, w) = (x[row * stride + input], weight[output * inputs + input]);
                y[row * outputs + output] += x * w;
                dx[row * inputs + input] += dy[row * outputs + output] * w;
                dw[output * inputs + input] += dy[row * outputs + output] * x;
            }
        }
    }
    let x = LinearInput { values: &x[..], stride };
    let epilogue =
        LinearEpilogue { bias: Some(&bias[..]), rows_per_bias: 2, residual: Some(&residual[..]) };
    let (mut found_y, mut found_dx, mut found_dw) = (dy.clone(), dx.clone(), dw.clone());
    linear.forward(x, &weight, epilogue, &mut found_y);
    linear.input_gradient(&dy, &weight, &mut found_dx);
    linear.weight_gradient(x, &dy, &mut found_dw);
    assert_close(&found_y, &y, 1e-12, &format!("{linear:?} forward"));
    assert_close(&found_dx, &dx, 1e-12, &format!("{linear:?} input gradient"));
    assert_close(&found_dw, &dw, 1e-12, &format!("{linear:?} weight gradient"));
}

#[test]
fn linear_maps_of_odd_sizes() {
    for (rows, inputs, outputs, stride) in [
        (1, 1, 1, 1),
        (8, 33, 5, 40),
        (13, 64, 70, 64),
        (20, 17, 41, 17),
        (30, 70, 29, 71),
        (150, 35, 300, 35),
        (200, 64, 33, 64),
        (2100, 27, 3, 32),
        (2100, 5, 4, 5),
    ] {
        check_linear(Linear { rows, inputs, outputs }, stride);
    }
}

#[test]
fn a_linear_map_has_no_hidden_state() {
    let linear = Linear { rows: 300, inputs: 70, outputs: 90 };
    let (x, weight) = (to_f32(&values(300 * 70, 1)), to_f32(&values(90 * 70, 2)));
    let x = LinearInput { values: &x[..], stride: 70 };
    let none = LinearEpilogue { bias: None, rows_per_bias: 1, residual: None };
    let [first, second] = [1.0, -7.0].map(|stale| {
        let mut out = vec![stale; 300 * 90];
        linear.forward(x, &weight, none, &mut out);
        out
    });
    assert_eq!(first, second);
}

/// Two segments of five steps, in rows that overlap.
const SEGMENTS: [usize; 2] = [0, 11];
const LENGTH: usize = 21;
const DEPTH: usize = SEGMENTS.len() * LENGTH;

/// A column product as a kernel of its own.
struct Adds<'a>(ColumnProduct<'a, f32>, &'a mut [f32]);

impl OnVectors<f32> for Adds<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = f32>>(self) {
        self.0.add_to::<V>(self.1);
    }
}

#[test]
fn every_instruction_set_multiplies_alike() {
    for &set in InstructionSet::available() {
        for (row_count, columns) in [(1, 1), (7, 16), (13, 35), (23, 64), (24, 17), (11, 41)] {
            check_products_on(set, row_count, columns);
            check_column_product_on(set, row_count, columns.min(32));
        }
    }
}

fn check_products_on(set: InstructionSet, row_count: usize, columns: usize) {
    let left = values(row_count * 3 + SEGMENTS[1] + LENGTH, 1);
    let (right, addend) = (values(columns * DEPTH, 2), values(columns, 3));
    let residual = values(row_count * columns, 4);
    let rows: Vec<_> =
        (0..row_count).map(|r| Row { from: r * 3, to: r * columns, shared: 0 }).collect();
    let expected: Vec<_> = (0..row_count * columns)
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let sum: f64 = (0..DEPTH)
                .map(|k| {
                    left[row * 3 + SEGMENTS[k / LENGTH] + k % LENGTH] * right[column * DEPTH + k]
                })
                .sum();
            sum + addend[column] + residual[i]
        })
        .collect();
    let (left, right, addend) = (to_f32(&left), to_f32(&right), to_f32(&addend));
    let residual = to_f32(&residual);
    let packed = pack(PanelSource {
        values: &right,
        taps: &[0],
        inner: DEPTH,
        inner_stride: 1,
        columns,
        column_stride: DEPTH,
    });
    let mut found = [vec![f32::NAN; expected.len()], vec![f32::NAN; expected.len()]];
    for (kind, out) in found.iter_mut().enumerate() {
        let product = Product {
            left: &left,
            rows: &rows,
            segments: &SEGMENTS,
            length: LENGTH,
            columns,
            addend: Some(&addend[..]),
            residual: Some(&residual[..]),
            output: Disjoint::new(out),
        };
        if kind == 0 {
            let (panels, chosen) = (Panels::packed(&packed, DEPTH), 0..columns.div_ceil(32));
            run_f32_on(set, RowProduct { product, panels, chosen });
        } else {
            run_f32_on(set, DotProduct { product, right: &right, chosen: 0..columns });
        }
        let out: Vec<_> = out.iter().map(|&value| f64::from(value)).collect();
        assert_close(&out, &expected, 1e-6, &format!("{set:?} {row_count} x {columns}"));
    }
}

fn check_column_product_on(set: InstructionSet, row_count: usize, columns: usize) {
    let (left, right) = (values(50 * (row_count + 2), 1), values(50 * columns + 32, 2));
    let start = values(row_count * columns, 3);
    let steps: Vec<_> = (0..10).chain(20..30).collect();
    let expected: Vec<_> = (0..row_count * columns)
        .map(|i| {
            let of_step = |&k: &usize| {
                left[k * (row_count + 2) + 1 + i / columns] * right[k * columns + i % columns]
            };
            start[i] + steps.iter().map(of_step).sum::<f64>()
        })
        .collect();
    let (left, right, mut out) = (to_f32(&left), to_f32(&right), to_f32(&start));
    let product = ColumnProduct {
        left: &left,
        left_step: row_count + 2,
        right: &right,
        right_step: columns,
        segments: &[(0, 0), (20 * (row_count + 2), 20 * columns)],
        length: 10,
        rows: 1..row_count + 1,
        columns,
        out_step: columns,
    };
    run_f32_on(set, Adds(product, &mut out));
    let out: Vec<_> = out.iter().map(|&value| f64::from(value)).collect();
    assert_close(&out, &expected, 1e-6, &format!("{set:?} {row_count} x {columns}"));
}
