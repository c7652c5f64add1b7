//! Parameters, gradients, Adam and averages: trajectories against PyTorch, and strictness.

#![allow(clippy::float_cmp)] // bit-for-bit equality is what several of these are about

mod common;

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use common::golden;
use realuid_ops::{Adam, AdamConfig, Ema, Error, Gradients, Parameters};
use realuid_testkit::{assert_close, formula_normal};

const CONFIG: AdamConfig = AdamConfig { beta1: 0.0, beta2: 0.999, eps: 1e-8 };

fn parameters(entries: &[(&str, &Tensor)]) -> Parameters {
    let map = entries.iter().map(|(n, t)| ((*n).to_owned(), (*t).clone())).collect();
    Parameters::from_tensors(&map).unwrap()
}

fn sample() -> Parameters {
    let (w, b) = (formula_normal("w", (2, 3)).unwrap(), formula_normal("b", 2).unwrap());
    parameters(&[("w", &w), ("b", &b)])
}

/// Gradients equal to `wanted`: those of sum(p * wanted).
fn gradients(parameters: &Parameters, wanted: &[(&str, &Tensor)]) -> Gradients {
    let mut loss = Tensor::zeros((), DType::F64, &Device::Cpu).unwrap();
    for (name, g) in wanted {
        let p = parameters.get(name).unwrap();
        loss = (loss + (p.as_tensor() * *g).unwrap().sum_all().unwrap()).unwrap();
    }
    Gradients::of(&loss, parameters).unwrap()
}

fn problems(result: Result<(), Error>) -> String {
    match result {
        Err(error @ Error::Parameters { .. }) => error.to_string(),
        other => panic!("expected Error::Parameters, found {other:?}"),
    }
}

#[test]
fn trajectories_are_pytorchs() {
    let golden = golden();
    for (case, betas) in [("adam", (0.9, 0.999)), ("adam-beta1-0", (0.0, 0.999))] {
        let stored = |part: &str| &golden[&format!("{case}/{part}")];
        let p = parameters(&[("p0", stored("p0")), ("p1", stored("p1"))]);
        let config = AdamConfig { beta1: betas.0, beta2: betas.1, eps: 1e-8 };
        let mut adam = Adam::new(&p, config).unwrap();
        let mut ema = Ema::new(&p, &[0.9, 0.0, 1.0]).unwrap();
        for step in 0..6 {
            let [g0, g1] = [0, 1].map(|i| stored(&format!("gradient{i}/{step}")));
            let (clipped, norm) = gradients(&p, &[("p0", g0), ("p1", g1)]).clip(2.0).unwrap();
            let expected = stored(&format!("norm/{step}")).to_vec1::<f64>().unwrap()[0];
            assert!((norm - expected).abs() < 1e-12 * expected);
            adam.update(&p, &clipped, 0.03).unwrap();
            ema.update(&p).unwrap();
        }
        let state = adam.state();
        for i in 0..2 {
            let name = format!("p{i}");
            assert_close(p.get(&name).unwrap(), stored(&format!("end{i}")), 1e-13);
            assert_close(&state[&format!("first/{name}")], stored(&format!("first{i}")), 1e-13);
            assert_close(&state[&format!("second/{name}")], stored(&format!("second{i}")), 1e-13);
            let average = |k: usize| ema.averages()[k].1.get(&name).unwrap().as_tensor().clone();
            assert_close(&average(0), stored(&format!("average{i}")), 1e-13);
            assert_close(&average(1), p.get(&name).unwrap(), 0.0);
            assert_close(&average(2), stored(&name), 0.0);
        }
        assert_eq!(adam.step_count(), 6);
    }
}

#[test]
fn restored_optimiser_continues_bit_for_bit() {
    let g = formula_normal("g", (2, 3)).unwrap();
    let one = |p: &Parameters, adam: &mut Adam| {
        adam.update(p, &gradients(p, &[("w", &g)]), 0.1).unwrap();
    };
    let p = sample();
    let mut adam = Adam::new(&p, AdamConfig { beta1: 0.9, ..CONFIG }).unwrap();
    one(&p, &mut adam);
    let (state, step, copy) = (adam.state(), adam.step_count(), p.fork().unwrap());
    one(&p, &mut adam);
    let mut other = Adam::new(&copy, AdamConfig { beta1: 0.9, ..CONFIG }).unwrap();
    other.restore(&state, step).unwrap();
    one(&copy, &mut other);
    for (name, var) in p.iter() {
        assert_close(copy.get(name).unwrap(), var, 0.0);
    }
}

#[test]
fn clipping_leaves_small_gradients_alone() {
    let p = sample();
    let g = formula_normal("g", (2, 3)).unwrap();
    let before = gradients(&p, &[("w", &g)]);
    let norm = before.norm().unwrap();
    let (after, same) = before.clone().clip(norm * 1.01).unwrap();
    assert_eq!(same, norm);
    assert_close(&after.get("w").unwrap(), &before.get("w").unwrap(), 0.0);
    let twice = before.clone().add(&before).unwrap();
    assert_close(&twice.get("w").unwrap(), &(g * 2.0).unwrap(), 1e-15);
    assert!(matches!(before.clip(-1.0), Err(Error::Argument { .. })));
}

#[test]
fn unused_parameter_gets_zeros_and_a_loss_must_be_one_number() {
    let p = sample();
    let g = gradients(&p, &[("w", &formula_normal("g", (2, 3)).unwrap())]);
    assert_eq!(g.get("b").unwrap().to_vec1::<f64>().unwrap(), [0.0, 0.0]);
    let many = p.get("b").unwrap().as_tensor() * 2.0;
    assert!(matches!(Gradients::of(&many.unwrap(), &p), Err(Error::Argument { .. })));
}

#[test]
fn every_mismatch_is_listed_and_nothing_changes() {
    let p = sample();
    let before = p.fork().unwrap();
    let w = formula_normal("other", (3, 3)).unwrap();
    let wrong: BTreeMap<String, Tensor> =
        [("w".to_owned(), w.clone()), ("extra".to_owned(), w.clone())].into();
    let text = problems(p.assign(&wrong));
    let expected = "assigning parameters: missing: b; unexpected: extra; of another shape or \
                    dtype: w (expected [2, 3] F64, found [3, 3] F64)";
    assert_eq!(text, expected);

    let other = parameters(&[("w", &w), ("extra", &w)]);
    let g = gradients(&other, &[("w", &w)]);
    let mut adam = Adam::new(&p, CONFIG).unwrap();
    assert!(problems(adam.update(&p, &g, 0.1)).contains("missing: b; unexpected: extra"));
    assert!(problems(adam.update(&other, &g, 0.1)).contains("[3, 3]"));
    assert_eq!(adam.step_count(), 0);
    let text = problems(adam.restore(&wrong, 3));
    assert!(text.contains("missing: first/b, first/w, second/b, second/w"), "{text}");
    assert!(text.contains("unexpected: extra, w"), "{text}");
    assert!(problems(Ema::new(&p, &[0.5]).unwrap().update(&other)).contains("missing: b"));
    assert!(problems(g.add(&gradients(&p, &[])).map(|_| ())).contains("missing: extra"));
    for (name, var) in p.iter() {
        assert_close(var, before.get(name).unwrap(), 0.0);
    }
}

#[test]
fn assigning_writes_in_place_and_forks_are_independent() {
    let p = sample();
    let (shared, fork) = (p.tensors(), p.fork().unwrap());
    let values: BTreeMap<String, Tensor> =
        p.tensors().into_iter().map(|(n, t)| (n, (t * 2.0).unwrap())).collect();
    p.assign(&values).unwrap();
    assert_close(&shared["w"], &values["w"], 0.0);
    assert_close(&(fork.get("w").unwrap().as_tensor() * 2.0).unwrap(), &values["w"], 0.0);
    assert_eq!((p.len(), p.element_count(), p.is_empty()), (2, 8, false));
}

#[test]
fn invalid_coefficients_are_refused() {
    let p = sample();
    let bad = AdamConfig { beta2: 1.0, ..CONFIG };
    assert!(matches!(Adam::new(&p, bad), Err(Error::Argument { .. })));
    assert!(matches!(Ema::new(&p, &[0.9, 1.5]), Err(Error::Argument { .. })));
    let integers = Tensor::zeros(3, DType::U32, &Device::Cpu).unwrap();
    assert!(matches!(
        Adam::new(&parameters(&[("n", &integers)]), CONFIG),
        Err(Error::Argument { .. })
    ));
}
