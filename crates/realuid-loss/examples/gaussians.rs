//! How far RealUID thinks a Gaussian generator is from Gaussian data, at one time of the linear path.
//!
//! The fake model is trained in closed form: it is affine, and the best one follows from least
//! squares. `cargo run -p realuid-loss --example gaussians`

use candle_core::{DType, Device, Tensor};
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_ops::RandomStream;
use realuid_paths::{Ends, Interpolant, Linear, Prediction};

const SAMPLES: usize = 50_000;
const TIME: f64 = 0.6;
const DATA: [f64; 2] = [-0.3, 1.2];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("data: mean {}, deviation {}", DATA[0], DATA[1]);
    for generator in [[0.7, 0.5], [0.0, 1.0], DATA] {
        let (x, y) = noised(generator, "generator")?;
        let (fake_mean, fake_slope) = regression(&x, &y)?;
        let teacher = exact_field(DATA, &x)?;
        let fake = x.affine(fake_slope, fake_mean)?;
        let branches = Branches {
            generated: Branch { teacher: Some(teacher), fake, target: y },
            real: None,
            weight: None,
        };
        let loss = RealUid::uid().generator_loss(&branches)?;
        let [mean, std] = generator;
        println!(
            "generator: mean {mean:4}, deviation {std:3}: loss {:.4}",
            loss.total.to_scalar::<f64>()?
        );
        for (name, term) in &loss.terms {
            println!("    {name:20} {:8.4}", term.to_scalar::<f64>()?);
        }
    }
    Ok(())
}

/// Points of the path at the fixed time and their velocities, [SAMPLES, 1].
fn noised([mean, std]: [f64; 2], name: &str) -> realuid_paths::Result<(Tensor, Tensor)> {
    let normal = |purpose: &str| {
        RandomStream::new(0, purpose, 0).normal((SAMPLES, 1), DType::F64, &Device::Cpu)
    };
    let ends =
        Ends { data: normal(name)?.affine(std, mean)?, source: normal("source")?, latent: None };
    let t = Tensor::full(TIME, SAMPLES, &Device::Cpu)?;
    Ok((Linear.interpolate(&ends, &t)?, Linear.target(Prediction::Velocity, &ends, &t)?))
}

/// E[data - source | x_t] for Gaussian data: what a perfect teacher predicts.
fn exact_field([mean, std]: [f64; 2], x: &Tensor) -> candle_core::Result<Tensor> {
    let (variance, rest) = (std * std, 1.0 - TIME);
    let slope = (TIME * variance - rest) / (TIME * TIME * variance + rest * rest);
    x.affine(slope, mean - slope * TIME * mean)
}

/// Intercept and slope of the least-squares line of y over x.
fn regression(x: &Tensor, y: &Tensor) -> candle_core::Result<(f64, f64)> {
    let mean = |t: &Tensor| t.mean_all()?.to_scalar::<f64>();
    let (x_mean, y_mean) = (mean(x)?, mean(y)?);
    let covariance = mean(&x.affine(1.0, -x_mean)?.mul(&y.affine(1.0, -y_mean)?)?)?;
    let slope = covariance / mean(&x.affine(1.0, -x_mean)?.sqr()?)?;
    Ok((y_mean - slope * x_mean, slope))
}
