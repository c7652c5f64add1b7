//! Orders, measured on normal data, and shares of a mixture.

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;
use realuid_paths::{Denoiser, Error, Interpolant, Prediction, sample};
use realuid_testkit::GaussianMixture;

use crate::members::{Method, all};
use crate::problem::Source;

#[test]
fn doubling_the_steps_divides_the_error_by_two_to_the_order() {
    for member in all().into_iter().filter(|member| !member.is_adaptive()) {
        let error = |steps| {
            let range = member.path.inside;
            let grid = (member.grid)(member.path, range, steps).unwrap();
            let problem = member.problem();
            let found = member.end_moments(&problem, &grid);
            (found.std - problem.marginal(range[1]).std).abs()
        };
        let steps = if member.order > 2 { 32 } else { 200 };
        let measured = (error(steps) / error(2 * steps)).log2();
        assert!(
            (measured - member.order as f64).abs() < 0.1,
            "{}: order {}, measured {measured}",
            member.name,
            member.order
        );
    }
}

#[test]
fn a_mixture_is_sampled_with_its_shares() {
    // What normal data cannot show: a field that is not linear, with noise from random streams.
    let mixture = GaussianMixture {
        weights: vec![0.3, 0.7],
        means: vec![vec![-2.0], vec![1.5]],
        stds: vec![0.3, 0.5],
    };
    for member in all().into_iter().filter(|member| member.prediction == Prediction::Data) {
        let (Method::Path(sampler), Source::Normal) = (&member.method, member.source) else {
            continue;
        };
        let data = |x: &Tensor, t: &Tensor| {
            let k = member.path.coefficients(t)?;
            let noise = (k.source.sqr()? + k.latent.sqr()?)?.sqrt()?;
            Ok(mixture.posterior_means(x, &k.data, &noise).map_err(Error::field)?.data)
        };
        let normal = |purpose: &str, step: usize| {
            let stream = RandomStream::new(3, purpose, step as u64);
            stream.normal((4000, 1), DType::F64, &Device::Cpu)
        };
        let grid = (member.grid)(member.path, member.path.whole, 60).unwrap();
        let [a, b, ..] = (member.path.at)(grid[0]);
        // The start beside the source end of a path that begins inside: its data part at the mean.
        let start = normal("start", 0).unwrap().affine(b, a * 0.45).unwrap();
        let denoiser = Denoiser { path: member.path, data: &data };
        let mut noise = |step: usize, _: &Tensor| Ok(normal("noise", step)?);
        let end = sample(sampler.as_ref(), &denoiser, &start, &grid, &mut noise).unwrap().x;
        let end = end.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        // Standard errors at 4000 samples: 0.007 of the share, 0.026 of the mean.
        let share = end.iter().filter(|x| **x < -0.25).count() as f64 / 4000.0;
        let mean = end.iter().sum::<f64>() / 4000.0;
        assert!((share - 0.3).abs() < 0.03, "{}: share {share}", member.name);
        assert!((mean - 0.45).abs() < 0.12, "{}: mean {mean}", member.name);
    }
}
