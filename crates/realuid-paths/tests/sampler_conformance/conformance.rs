//! What every sampler promises.

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;
use realuid_paths::{NoNoise, Result};
use realuid_testkit::assert_close;

use crate::members::{Member, Method, all};
use crate::problem::tensor;

/// Noise of item i of a batch that begins with item `first`: a stream of its own for each step.
fn noise_from(first: usize) -> impl FnMut(usize, &Tensor) -> Result<Tensor> {
    move |step, like| {
        let mut items = Vec::new();
        for i in 0..like.dim(0)? {
            let stream = RandomStream::new(1, "noise", step as u64).child((first + i) as u64);
            items.push(stream.normal(&like.dims()[1..], like.dtype(), like.device())?);
        }
        Ok(Tensor::stack(&items, 0)?)
    }
}

#[test]
fn a_gaussian_becomes_the_gaussian_it_should() {
    for member in all() {
        for range in [member.path.whole, member.path.inside] {
            let grid = (member.grid)(member.path, range, 200).unwrap();
            let problem = member.problem();
            let found = member.end_moments(&problem, &grid);
            let expected = problem.marginal(range[1]);
            let allowed = if member.order == 1 { 0.015 } else { 5e-4 };
            let off = (found.mean - expected.mean).abs().max((found.std - expected.std).abs());
            assert!(off < allowed, "{} over {range:?}: {found:?}, not {expected:?}", member.name);
        }
    }
}

#[test]
fn evaluations_are_those_documented() {
    for member in all().into_iter().filter(|member| !member.is_adaptive()) {
        for steps in [3, 8] {
            let grid = (member.grid)(member.path, member.path.whole, steps).unwrap();
            let problem = member.problem();
            let x = tensor(&[0.1, -0.4]);
            let solution = member.run(&problem, &x, &grid, &mut noise_from(0)).unwrap();
            assert_eq!(solution.evaluations, (member.evaluations)(steps), "{}", member.name);
            assert_eq!(solution.evaluations, problem.asked.borrow().len(), "{}", member.name);
        }
    }
}

#[test]
fn the_field_is_never_asked_outside_the_grid() {
    for member in all() {
        for [from, to] in [member.path.whole, member.path.inside] {
            let grid = (member.grid)(member.path, [from, to], 6).unwrap();
            let problem = member.problem();
            member.run(&problem, &tensor(&[0.3]), &grid, &mut noise_from(0)).unwrap();
            let asked = problem.asked.borrow();
            assert_eq!(asked[0].to_bits(), from.to_bits(), "{}", member.name);
            let within = |t: &f64| (from.min(to)..=from.max(to)).contains(t);
            assert!(asked.iter().all(within), "{}: {asked:?}", member.name);
        }
    }
}

#[test]
fn shape_and_dtype_are_kept() {
    for member in all() {
        let grid = (member.grid)(member.path, member.path.whole, 4).unwrap();
        let stream = RandomStream::new(2, "start", 0);
        for dtype in [DType::F32, DType::F64] {
            let x = stream.normal((2, 3, 2), dtype, &Device::Cpu).unwrap();
            let end = member.run(&member.problem(), &x, &grid, &mut noise_from(0)).unwrap().x;
            assert_eq!((end.dims(), end.dtype()), (x.dims(), dtype), "{}", member.name);
            let finite = end.to_dtype(DType::F64).unwrap().abs().unwrap().max_all().unwrap();
            assert!(finite.to_scalar::<f64>().unwrap() < 1e3, "{}", member.name);
        }
    }
}

#[test]
fn items_do_not_depend_on_their_batch() {
    for member in all() {
        let grid = (member.grid)(member.path, member.path.whole, 5).unwrap();
        let x = tensor(&[1.2, -0.7, 0.05]);
        let problem = member.problem();
        let together = member.run(&problem, &x, &grid, &mut noise_from(0)).unwrap().x;
        for item in 0..3 {
            let alone = x.narrow(0, item, 1).unwrap();
            let alone = member.run(&problem, &alone, &grid, &mut noise_from(item)).unwrap().x;
            // Adaptive steps are those of the whole batch: equal within the tolerances.
            let allowed = if member.is_adaptive() { 1e-5 } else { 1e-14 };
            assert_close(&together.narrow(0, item, 1).unwrap(), &alone, allowed);
        }
    }
}

#[test]
fn equal_noise_gives_equal_samples() {
    for member in all() {
        let grid = (member.grid)(member.path, member.path.whole, 5).unwrap();
        let x = tensor(&[1.2, -0.7]);
        let run = || member.run(&member.problem(), &x, &grid, &mut noise_from(0)).unwrap().x;
        assert_close(&run(), &run(), 0.0);
    }
}

#[test]
fn grids_that_lead_nowhere_are_refused() {
    for member in all().into_iter().filter(|member| !member.is_adaptive()) {
        let [from, to] = member.path.inside;
        let middle = f64::midpoint(from, to);
        for grid in [
            &[][..],
            &[from],
            &[from, from],
            &[from, to, middle],
            &[from, f64::NAN],
            &[from, to, to],
        ] {
            let message = refusal(&member, grid);
            assert!(message.contains("grid of times"), "{}: {message}", member.name);
        }
    }
}

#[test]
fn grids_away_from_the_data_are_refused() {
    for member in all() {
        let [from, to] = member.path.inside;
        let beyond = member.path.times.data + (to - from);
        if !matches!(member.method, Method::Ode(_) | Method::Adaptive(_)) {
            for grid in [[to, from], [from, beyond]] {
                let message = refusal(&member, &grid);
                assert!(message.contains("towards the data"), "{}: {message}", member.name);
            }
        }
    }
}

fn refusal(member: &Member, grid: &[f64]) -> String {
    let x = tensor(&[0.3]);
    member.run(&member.problem(), &x, grid, &mut noise_from(0)).unwrap_err().to_string()
}

#[test]
fn noise_is_asked_for_only_where_it_is_needed() {
    for member in all() {
        let grid = (member.grid)(member.path, member.path.inside, 4).unwrap();
        let outcome = member.run(&member.problem(), &tensor(&[0.3]), &grid, &mut NoNoise);
        let stochastic = ["eta 0.5", "eta 1", "churn", "maruyama", "posterior"];
        if stochastic.iter().any(|word| member.name.contains(word)) {
            let message = outcome.unwrap_err().to_string();
            assert!(message.contains("without noise"), "{}: {message}", member.name);
        } else {
            assert!(outcome.is_ok(), "{}", member.name);
        }
    }
}
