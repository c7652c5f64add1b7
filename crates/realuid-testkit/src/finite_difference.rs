use candle_core::{Device, Tensor, Var};

use crate::formula_normal;

/// Checks reverse-mode gradients against central differences, in f64.
///
/// `function` maps the inputs (given their shapes, filled with formula normals) to a tensor y; the
/// scalar differentiated is sum(y * w) with fixed random w, so every output element counts. Each
/// element of each input is moved by 1e-5, and the difference quotient must agree with autograd to
/// 1e-6 relative to the largest gradient of that input.
///
/// # Panics
/// When a gradient is missing or off.
#[track_caller]
pub fn assert_gradients<E: std::fmt::Debug>(
    shapes: &[&[usize]],
    function: impl Fn(&[Tensor]) -> Result<Tensor, E>,
) {
    let inputs: Vec<Vec<f64>> = shapes
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let t = formula_normal(&format!("finite-difference/{i}"), *s).expect("formula");
            t.flatten_all().and_then(|t| t.to_vec1()).expect("values")
        })
        .collect();
    let vars: Vec<Var> = inputs
        .iter()
        .zip(shapes)
        .map(|(v, s)| Var::from_slice(v, *s, &Device::Cpu).expect("variable"))
        .collect();
    let tracked: Vec<Tensor> = vars.iter().map(|v| v.as_tensor().clone()).collect();
    let gradients = scalar(&function, &tracked).backward().expect("backward");

    for (i, values) in inputs.iter().enumerate() {
        let gradient =
            gradients.get(&tracked[i]).unwrap_or_else(|| panic!("no gradient for input {i}"));
        let gradient = gradient.flatten_all().and_then(|t| t.to_vec1::<f64>()).expect("values");
        let scale = gradient.iter().fold(1e-3_f64, |m, g| m.max(g.abs()));
        for k in 0..values.len() {
            let at = |step: f64| {
                let mut moved = values.clone();
                moved[k] += step;
                let moved = Tensor::from_vec(moved, shapes[i], &Device::Cpu).expect("input");
                let mut all: Vec<Tensor> = tracked.iter().map(Tensor::detach).collect();
                all[i] = moved;
                scalar(&function, &all).to_scalar::<f64>().expect("scalar")
            };
            let quotient = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!(
                (quotient - gradient[k]).abs() <= 1e-6 * scale,
                "input {i}, element {k}: finite difference {quotient}, autograd {}",
                gradient[k]
            );
        }
    }
}

fn scalar<E: std::fmt::Debug>(
    function: &impl Fn(&[Tensor]) -> Result<Tensor, E>,
    inputs: &[Tensor],
) -> Tensor {
    let y = function(inputs).expect("forward");
    let w = formula_normal("finite-difference/weights", y.shape().clone()).expect("formula");
    y.mul(&w).and_then(|t| t.sum_all()).expect("sum")
}
