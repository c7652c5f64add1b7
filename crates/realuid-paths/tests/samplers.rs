//! Samplers: golden ends on a mixture's exact field, measured orders, counted evaluations.

mod common;

use candle_core::{DType, Device, Tensor};
use common::{every_path, fixture};
use realuid_paths::{
    BridgeOde, BridgePosterior, Converted, Ddim, Denoiser, DormandPrince, DpmSolver, EdmHeun,
    Error, Euler, Field, Heun, Interpolant, Linear, Midpoint, NoNoise, PathSampler, Prediction,
    Result, Rk4, Sampler, TimeSpan, VarianceExploding, integrate, karras_grid, sample,
    uniform_grid,
};
use realuid_testkit::{GaussianMixture, assert_close};

#[test]
fn golden_ends_on_the_exact_field_of_a_mixture() {
    let golden = fixture("samplers/mixture");
    let mixture: GaussianMixture = golden.parse().unwrap();
    let velocity = |x: &Tensor, t: &Tensor| mixture.linear_velocity(x, t).map_err(Error::field);
    let TimeSpan { source, data } = Linear.times();
    let start = golden.tensor("x0").unwrap();
    for (name, sampler, steps, evaluations) in [
        ("euler_20", &Euler as &dyn Sampler, 20, 20),
        ("euler_100", &Euler, 100, 100),
        ("heun_20", &Heun, 20, 39),
    ] {
        let grid = uniform_grid(source, data, steps).unwrap();
        let solution = integrate(sampler, &velocity, start, &grid).unwrap();
        assert_close(&solution.x, golden.tensor(name).unwrap(), 1e-10);
        assert_eq!(solution.evaluations, evaluations, "{name}");
    }
}

#[test]
fn golden_ends_in_noise_levels() {
    let golden = fixture("samplers/mixture");
    let mixture: GaussianMixture = golden.parse().unwrap();
    let data = |x: &Tensor, t: &Tensor| {
        let means = mixture.posterior_means(x, &t.ones_like()?, t).map_err(Error::field)?;
        Ok(means.data)
    };
    let levels = karras_grid(0.002, 80.0, 7.0, 18).unwrap();
    let path = VarianceExploding::new(80.0).unwrap();
    let start = (golden.tensor("x0").unwrap() * 80.0).unwrap();
    let denoiser = Denoiser { path: &path, data: &data };
    let sampler = EdmHeun { churn: None };
    let solution = sample(&sampler, &denoiser, &start, &levels, &mut NoNoise).unwrap();
    assert_close(&solution.x, golden.tensor("edm_18").unwrap(), 1e-10);
    assert_eq!(solution.evaluations, 35);
    // It is Heun's method for the velocity (x - data) / sigma.
    let velocity = Converted {
        path: &path,
        field: &data,
        from: Prediction::Data.into(),
        to: Prediction::Velocity,
    };
    let heun = integrate(&Heun, &velocity, &start, &levels).unwrap();
    assert_close(&heun.x, &solution.x, 1e-12);
}

#[test]
fn a_converted_prediction_samples_like_the_velocity() {
    let golden = fixture("samplers/mixture");
    let mixture: GaussianMixture = golden.parse().unwrap();
    let data = |x: &Tensor, t: &Tensor| {
        let source = t.affine(-1.0, 1.0)?;
        Ok(mixture.posterior_means(x, t, &source).map_err(Error::field)?.data)
    };
    let velocity = Converted {
        path: &Linear,
        field: &data,
        from: Prediction::Data.into(),
        to: Prediction::Velocity,
    };
    let grid = uniform_grid(0.0, 1.0, 20).unwrap();
    let solution = integrate(&Heun, &velocity, golden.tensor("x0").unwrap(), &grid).unwrap();
    assert_close(&solution.x, golden.tensor("heun_20").unwrap(), 1e-10);
}

/// dx/dt = x cos t has the solution x(0) e^{sin t}.
fn swing(x: &Tensor, t: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_mul(&t.cos()?.unsqueeze(1)?)?)
}

fn error_after(sampler: &dyn Sampler, from: f64, to: f64, steps: usize) -> f64 {
    let start = Tensor::new(&[[from.sin().exp()]], &Device::Cpu).unwrap();
    let grid = uniform_grid(from, to, steps).unwrap();
    let solution = integrate(sampler, &swing, &start, &grid).unwrap();
    (solution.x.to_vec2::<f64>().unwrap()[0][0] - to.sin().exp()).abs()
}

#[test]
fn halving_the_steps_divides_the_error_by_two_to_the_order() {
    let listed = [
        (&Euler as &dyn Sampler, 256),
        (&Heun, 256),
        (&Midpoint, 256),
        (&Rk4, 64),
        (&DormandPrince, 64),
    ];
    for (sampler, steps) in listed {
        for (from, to) in [(0.0, 2.0), (2.0, 0.0)] {
            let ratio =
                error_after(sampler, from, to, steps) / error_after(sampler, from, to, 2 * steps);
            let order = ratio.log2();
            assert!(
                (order - sampler.order() as f64).abs() < 0.1,
                "order {} from {from} to {to}: measured {order}",
                sampler.order()
            );
        }
    }
}

#[test]
fn the_field_is_asked_at_the_right_times_and_counted() {
    for (sampler, expected) in [
        (&Euler as &dyn Sampler, vec![0.0, 0.5]),
        (&Midpoint, vec![0.0, 0.25, 0.5, 0.75]),
        (&Heun, vec![0.0, 0.5, 0.5]),
        (&Rk4, vec![0.0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 1.0]),
    ] {
        let asked = std::cell::RefCell::new(Vec::new());
        let field = |x: &Tensor, t: &Tensor| -> Result<Tensor> {
            assert_eq!((t.dims(), t.dtype()), (&[2][..], DType::F32));
            asked.borrow_mut().push(f64::from(t.to_vec1::<f32>()?[1]));
            Ok(x.clone())
        };
        let x = Tensor::ones((2, 3), DType::F32, &Device::Cpu).unwrap();
        let solution = integrate(sampler, &field, &x, &[0.0, 0.5, 1.0]).unwrap();
        assert_eq!(solution.evaluations, expected.len());
        assert_eq!(asked.into_inner(), expected);
    }
}

#[test]
fn a_grid_ends_exactly_and_a_bad_one_is_refused() {
    let grid = uniform_grid(80.0, 0.1, 3).unwrap();
    assert_eq!(
        (grid.len(), grid[0].to_bits(), grid[3].to_bits()),
        (4, 80_f64.to_bits(), 0.1_f64.to_bits())
    );
    assert!(uniform_grid(0.0, 1.0, 0).is_err());
    assert!(uniform_grid(0.0, f64::NAN, 2).is_err());
    assert!(uniform_grid(1.0, 1.0, 2).is_err());
    let x = Tensor::ones((1, 1), DType::F64, &Device::Cpu).unwrap();
    for grid in [&[0.0][..], &[], &[0.0, 0.5, 0.5], &[0.0, 1.0, 0.5], &[0.0, f64::INFINITY]] {
        assert!(integrate(&Euler, &swing, &x, grid).is_err(), "{grid:?}");
    }
}

#[test]
fn errors_and_shapes_of_a_field_are_reported() {
    let x = Tensor::ones((1, 2), DType::F64, &Device::Cpu).unwrap();
    let failing = |_: &Tensor, _: &Tensor| Err(Error::field("the network is missing"));
    let message = integrate(&Euler, &failing, &x, &[0.0, 1.0]).unwrap_err().to_string();
    assert_eq!(message, "evaluating the field: the network is missing");
    let narrow = |x: &Tensor, _: &Tensor| Ok(x.narrow(1, 0, 1)?);
    let message = integrate(&Euler, &narrow, &x, &[0.0, 1.0]).unwrap_err().to_string();
    assert!(message.contains("[1, 2]") && message.contains("[1, 1]"), "{message}");
}

#[test]
fn references_and_boxes_of_fields_are_fields() {
    struct Constant(f64);
    impl Field for Constant {
        fn predict(&self, x: &Tensor, _: &Tensor) -> Result<Tensor> {
            Ok((x.ones_like()? * self.0)?)
        }
    }
    let x = Tensor::new(&[[2.0]], &Device::Cpu).unwrap();
    let end = |field: &dyn Field| {
        let solution = integrate(&Euler, field, &x, &[0.0, 1.0]).unwrap();
        solution.x.to_vec2::<f64>().unwrap()[0][0]
    };
    let boxed: Box<dyn Field> = Box::new(Constant(3.0));
    let reference: &dyn Field = &Constant(3.0);
    let boxed_closure: Box<dyn Field> = Box::new(swing);
    for (field, expected) in
        [(&boxed as &dyn Field, 5.0), (&reference, 5.0), (&boxed_closure, 4.0), (&&swing, 4.0)]
    {
        assert!((end(field) - expected).abs() < 1e-15);
    }
}

#[test]
fn every_path_is_sampled_to_its_data() {
    let all_at = |value: f64| move |x: &Tensor, _: &Tensor| Ok((x.ones_like()? * value)?);
    let start = Tensor::new(&[[0.4, -1.1]], &Device::Cpu).unwrap();
    let mut noise = |_: usize, like: &Tensor| Ok((like.ones_like()? * 0.6)?);
    let mut off = |sampler: &dyn PathSampler, path: &dyn Interpolant| {
        let TimeSpan { source, data } = path.times();
        let grid = uniform_grid(source, data, 7).unwrap();
        let denoiser = Denoiser { path, data: &all_at(0.8) };
        let end = sample(sampler, &denoiser, &start, &grid, &mut noise).unwrap().x;
        (end - 0.8).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f64>().unwrap()
    };
    for member in every_path::gaussian_paths() {
        for sampler in [&DpmSolver as &dyn PathSampler, &Ddim { eta: 0.0 }, &Ddim { eta: 1.0 }] {
            // A discrete path keeps some of its source at the last step.
            let allowed = 1e-12 + 4.0 * member.source_left;
            assert!(off(sampler, member.path.as_ref()) <= allowed, "{}", member.name);
        }
    }
    for member in every_path::latent_paths() {
        let known = BridgeOde { source: start.clone() };
        assert!(off(&known, member.path.as_ref()) < 1e-12, "{}", member.name);
        if !member.name.starts_with("interpolant") {
            assert!(off(&BridgePosterior, member.path.as_ref()) < 1e-12, "{}", member.name);
        }
    }
}
