//! Samples a mixture of two Gaussians on the line with the exact field of the linear path.
//!
//! `cargo run -p realuid-paths --example mixture`

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;
use realuid_paths::{
    Euler, Heun, Interpolant, Linear, Midpoint, Prediction, Result, Sampler, integrate,
    uniform_grid,
};

/// Half of the data lies around -2, half around 2, both with this deviation.
const STD: f64 = 0.5;

/// E[data | x_t = x]: each mode's own regression, weighted by the mode's share at x.
fn denoise(x: &Tensor, t: &Tensor) -> Result<Tensor> {
    let t = t.unsqueeze(1)?;
    let variance = ((t.sqr()? * (STD * STD))? + t.affine(-1.0, 1.0)?.sqr()?)?;
    // The log-odds of the modes at -2 and 2 are linear in x, so their mean is a hyperbolic tangent.
    let tilt = (t.broadcast_mul(x)?.broadcast_div(&variance)? * 2.0)?.tanh()?;
    let mode = (tilt * 2.0)?;
    let off = (x - mode.broadcast_mul(&t)?)?;
    let gain = (t * (STD * STD))?.div(&variance)?;
    Ok((mode + off.broadcast_mul(&gain)?)?)
}

fn main() -> Result<()> {
    let noise = RandomStream::new(0, "noise", 0).normal((10_000, 1), DType::F64, &Device::Cpu)?;
    let velocity = |x: &Tensor, t: &Tensor| {
        Linear.convert(&denoise(x, t)?, Prediction::Data, Prediction::Velocity, x, t)
    };
    let times = Linear.times();
    let samplers: [(&str, &dyn Sampler); 3] =
        [("euler", &Euler), ("heun", &Heun), ("midpoint", &Midpoint)];
    println!("the data have mean square {}", 4.0 + STD * STD);
    for (name, sampler) in samplers {
        for steps in [5, 20, 80] {
            let grid = uniform_grid(times.source, times.data, steps)?;
            let solution = integrate(sampler, &velocity, &noise, &grid)?;
            let square = solution.x.sqr()?.mean_all()?.to_scalar::<f64>()?;
            println!("{name:8} {:3} evaluations: mean square {square:.4}", solution.evaluations);
        }
    }
    Ok(())
}
