//! The one pass of a training step: against the textbook, against the single steps, and when it
//! must do nothing.

#![allow(clippy::float_cmp)] // bit-for-bit equality is what several of these are about

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use rayon::ThreadPoolBuilder;
use realuid_ops::{Adam, AdamConfig, Ema, Error, Gradients, Parameters, StepConfig};
use realuid_testkit::formula_normal;

const ADAM: AdamConfig = AdamConfig { beta1: 0.9, beta2: 0.99, eps: 1e-8 };
const RATE: f64 = 0.03;
const DECAYS: [f64; 2] = [0.9, 0.5];

/// One tensor of several chunks that end within it, and some small ones; also without elements.
const SHAPES: [(&str, [usize; 2]); 5] =
    [("a", [3, 5]), ("b", [211, 97]), ("c", [1, 1]), ("d", [0, 4]), ("e", [33, 31])];

fn tensors(purpose: &str, dtype: DType) -> BTreeMap<String, Tensor> {
    let tensor = |(name, shape): (&str, [usize; 2])| {
        let values = formula_normal(&format!("{purpose} {name}"), &shape).unwrap();
        (name.to_owned(), values.to_dtype(dtype).unwrap())
    };
    SHAPES.map(tensor).into()
}

/// Gradients equal to `wanted`: those of sum(p * wanted).
fn gradients(parameters: &Parameters, wanted: &BTreeMap<String, Tensor>) -> Gradients {
    let products = parameters.iter().map(|(name, p)| (p.as_tensor() * &wanted[name]).unwrap());
    let loss = products.map(|product| product.sum_all().unwrap()).reduce(|a, b| (a + b).unwrap());
    Gradients::of(&loss.unwrap(), parameters).unwrap()
}

/// All values, one tensor after the other.
fn values<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Vec<f64> {
    let values = |tensor: &Tensor| {
        let tensor = tensor.to_dtype(DType::F64).unwrap();
        tensor.flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    tensors.into_iter().flat_map(values).collect()
}

/// Parameters, moments and averages.
struct State {
    parameters: Parameters,
    adam: Adam,
    ema: Ema,
}

impl State {
    fn new(dtype: DType) -> Self {
        let parameters = Parameters::from_tensors(&tensors("start", dtype)).unwrap();
        let adam = Adam::new(&parameters, ADAM).unwrap();
        let ema = Ema::new(&parameters, &DECAYS).unwrap();
        Self { parameters, adam, ema }
    }

    fn gradients(&self, step: usize, dtype: DType) -> Gradients {
        gradients(&self.parameters, &tensors(&format!("gradient {step}"), dtype))
    }

    fn step(&mut self, gradients: &Gradients, max_norm: Option<f64>) -> Result<f64, Error> {
        let config = StepConfig { learning_rate: RATE, max_norm };
        self.adam.step(&self.parameters, gradients, config, Some(&mut self.ema))
    }

    /// Everything a step changes.
    fn values(&self) -> [Vec<f64>; 4] {
        let averages = self.ema.averages();
        [
            values(self.parameters.tensors().values()),
            values(self.adam.state().values()),
            values(averages[0].1.tensors().values()),
            values(averages[1].1.tensors().values()),
        ]
    }
}

/// Three steps on plain numbers: what a step changes, and the norms of the gradients.
fn reference(max_norms: [Option<f64>; 3]) -> ([Vec<f64>; 4], [f64; 3]) {
    let mut p = values(tensors("start", DType::F64).values());
    let (mut m, mut v) = (vec![0.0; p.len()], vec![0.0; p.len()]);
    let mut averages = [p.clone(), p.clone()];
    let mut norms = [0.0; 3];
    for (step, max_norm) in max_norms.into_iter().enumerate() {
        let g = values(tensors(&format!("gradient {step}"), DType::F64).values());
        let norm = g.iter().map(|g| g * g).sum::<f64>().sqrt();
        let factor = max_norm.map_or(1.0, |max| f64::min(1.0, max / (norm + 1e-6)));
        let t = step as i32 + 1;
        for i in 0..p.len() {
            let g = g[i] * factor;
            m[i] = ADAM.beta1 * m[i] + (1.0 - ADAM.beta1) * g;
            v[i] = ADAM.beta2 * v[i] + (1.0 - ADAM.beta2) * g * g;
            let first = m[i] / (1.0 - ADAM.beta1.powi(t));
            let second = v[i] / (1.0 - ADAM.beta2.powi(t));
            p[i] -= RATE * first / (second.sqrt() + ADAM.eps);
            for (average, decay) in averages.iter_mut().zip(DECAYS) {
                average[i] = decay * average[i] + (1.0 - decay) * p[i];
            }
        }
        norms[step] = norm;
    }
    let [slow, fast] = averages;
    ([p, [m, v].concat(), slow, fast], norms)
}

#[test]
fn three_steps_are_the_textbooks() {
    let max_norms = [Some(1e6), Some(2.0), None];
    let (expected, norms) = reference(max_norms);
    for (dtype, tolerance) in [(DType::F64, 1e-12), (DType::F32, 1e-5)] {
        let mut state = State::new(dtype);
        for (step, max_norm) in max_norms.into_iter().enumerate() {
            let norm = state.step(&state.gradients(step, dtype), max_norm).unwrap();
            assert!((norm / norms[step] - 1.0).abs() < tolerance, "{norm} {}", norms[step]);
        }
        assert_eq!(state.adam.step_count(), 3);
        for (found, expected) in state.values().iter().zip(&expected) {
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < tolerance, "{found} {expected}");
            }
        }
    }
}

#[test]
fn one_pass_gives_the_bits_of_single_steps() {
    for (dtype, max_norm) in [(DType::F32, 2.0), (DType::F32, 1e6), (DType::F64, 2.0)] {
        let (mut one, mut single) = (State::new(dtype), State::new(dtype));
        for step in 0..3 {
            let gradients = one.gradients(step, dtype);
            let norm = one.step(&gradients, Some(max_norm)).unwrap();
            let (clipped, same) = gradients.clip(max_norm).unwrap();
            single.adam.update(&single.parameters, &clipped, RATE).unwrap();
            single.ema.update(&single.parameters).unwrap();
            assert_eq!(norm, same);
        }
        assert_eq!(one.values(), single.values());
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let run = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut state = State::new(DType::F32);
            let gradients = state.gradients(0, DType::F32);
            let norm = state.step(&gradients, Some(2.0)).unwrap();
            (norm, state.values())
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn nothing_changes_after_an_error() {
    let mut state = State::new(DType::F32);
    state.step(&state.gradients(0, DType::F32), None).unwrap();
    let before = state.values();

    for bad in [f32::NAN, f32::INFINITY] {
        let mut wanted = tensors("gradient 1", DType::F32);
        wanted.insert("e".into(), Tensor::full(bad, (33, 31), &Device::Cpu).unwrap());
        let result = state.step(&gradients(&state.parameters, &wanted), Some(1.0));
        assert!(matches!(result, Err(Error::NotFinite { quantity: "gradient norm", .. })));
    }
    let good = state.gradients(1, DType::F32);
    assert!(matches!(state.step(&good, Some(-1.0)), Err(Error::Argument { .. })));
    assert!(matches!(state.step(&good, Some(f64::NAN)), Err(Error::Argument { .. })));
    let other =
        Parameters::from_tensors(&[("a".into(), tensors("", DType::F32)["a"].clone())].into());
    let mut other = Ema::new(&other.unwrap(), &[0.5]).unwrap();
    let config = StepConfig { learning_rate: RATE, max_norm: None };
    let result = state.adam.step(&state.parameters, &good, config, Some(&mut other));
    assert!(matches!(result, Err(Error::Parameters { .. })));

    assert_eq!(state.values(), before);
    assert_eq!(state.adam.step_count(), 1);
}

#[test]
fn precisions_may_be_mixed() {
    let mut mixed = tensors("start", DType::F32);
    mixed.insert("b".into(), tensors("start", DType::F64)["b"].clone());
    let parameters = Parameters::from_tensors(&mixed).unwrap();
    let loss = |name: &str| {
        let squares = parameters.get(name).unwrap().sqr().unwrap().sum_all().unwrap();
        squares.to_dtype(DType::F64).unwrap()
    };
    let gradients = Gradients::of(&(loss("a") + loss("b")).unwrap(), &parameters).unwrap();
    let mut adam = Adam::new(&parameters, ADAM).unwrap();
    let config = StepConfig { learning_rate: RATE, max_norm: None };
    adam.step(&parameters, &gradients, config, None).unwrap();
    for name in ["a", "b"] {
        let (now, start) = (parameters.get(name).unwrap().as_tensor(), &mixed[name]);
        for (now, start) in values([now]).iter().zip(values([start])) {
            // After the first step the moments, corrected, are g and g^2.
            let g = 2.0 * start;
            let expected = start - RATE * g / (g.abs() + ADAM.eps);
            assert!((now - expected).abs() < 1e-6, "{name}: {now} {expected}");
        }
    }
}
