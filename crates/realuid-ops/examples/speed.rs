//! Forward and backward times beside candle's own operations, f32, in milliseconds (the best of nine, in
//! alternation).
//!
//! `cargo run --release -p realuid-ops --example speed`

use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{
    Adam, AdamConfig, Conv2dConfig, Gradients, GroupNorm, Parameters, RandomStream, Result,
    attention, conv2d, group_norm_silu, linear, silu, softmax, upsample_nearest2d,
};

const ROUNDS: usize = 9;

fn variable(shape: &[usize]) -> Result<Var> {
    let stream = RandomStream::new(0, "speed", shape.iter().product::<usize>() as u64);
    let values = (stream.normal(shape, DType::F32, &Device::Cpu)? * 0.05)?;
    Ok(Var::from_tensor(&values)?)
}

/// Milliseconds of one forward pass and of its backward pass.
fn time(function: &impl Fn() -> Result<Tensor>) -> Result<[f64; 2]> {
    let start = Instant::now();
    let loss = function()?.sum_all()?;
    let forward = start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    loss.backward()?;
    Ok([forward, start.elapsed().as_secs_f64() * 1e3])
}

/// Both in alternation, so that a busy machine hurts both.
fn report(
    name: &str,
    ours: impl Fn() -> Result<Tensor>,
    candle: impl Fn() -> Result<Tensor>,
) -> Result<()> {
    let mut best = [[f64::INFINITY; 2]; 2];
    for _ in 0..ROUNDS {
        for (best, time) in best.iter_mut().zip([time(&ours)?, time(&candle)?]) {
            *best = [best[0].min(time[0]), best[1].min(time[1])];
        }
    }
    let [[f1, b1], [f2, b2]] = best;
    println!("{name:34} ours {f1:8.2} / {b1:8.2}   candle {f2:8.2} / {b2:8.2}");
    Ok(())
}

fn network(width: usize) -> Result<()> {
    let (x, w1, w2) = (variable(&[256, width])?, variable(&[width; 2])?, variable(&[width; 2])?);
    let (b1, b2) = (variable(&[width])?, variable(&[width])?);
    let ours = || {
        let h = silu(&linear(&x, &w1, Some(&b1))?)?;
        Ok((x.as_tensor() + linear(&h, &w2, Some(&b2))?)?)
    };
    let candle = || {
        let h = x.matmul(&w1.t()?)?.broadcast_add(&b1)?.silu()?;
        Ok((x.as_tensor() + h.matmul(&w2.t()?)?.broadcast_add(&b2)?)?)
    };
    report(&format!("residual MLP block, 256 x {width}"), ours, candle)
}

fn convolution(shape: [usize; 4], filters: usize, kernel: usize) -> Result<()> {
    let (x, w) = (variable(&shape)?, variable(&[filters, shape[1], kernel, kernel])?);
    let padding = kernel / 2;
    let ours = || conv2d(&x, &w, None, Conv2dConfig { stride: 1, padding });
    let candle = || Ok(x.conv2d(&w, padding, 1, 1, 1)?);
    report(&format!("conv {kernel}x{kernel} {shape:?} -> {filters}"), ours, candle)
}

fn others() -> Result<()> {
    let x = variable(&[8, 128, 32, 32])?;
    let (weight, bias) = (variable(&[128])?.into_inner(), variable(&[128])?.into_inner());
    let norm = GroupNorm { weight: weight.clone(), bias: bias.clone(), groups: 32, eps: 1e-5 };
    let composed = || {
        let g = x.reshape((8, 32, ()))?;
        let g = g.broadcast_sub(&g.mean_keepdim(2)?)?;
        let deviation = (g.sqr()?.mean_keepdim(2)? + 1e-5)?.sqrt()?;
        let g = g.broadcast_div(&deviation)?.reshape((8, 128, 32, 32))?;
        let g = g.broadcast_mul(&weight.reshape((1, 128, 1, 1))?)?;
        Ok(g.broadcast_add(&bias.reshape((1, 128, 1, 1))?)?.silu()?)
    };
    report("group norm + silu [8, 128, 32, 32]", || group_norm_silu(&x, &norm), composed)?;
    report("silu [8, 128, 32, 32]", || silu(&x), || Ok(x.silu()?))?;
    let q = variable(&[8, 4, 256, 64])?;
    let naive = || {
        let scores = (q.matmul(&q.t()?)? * 0.125)?;
        Ok(softmax(&scores)?.matmul(&q)?)
    };
    report("attention [8, 4, 256, 64]", || attention(&q, &q, &q, 0.125), naive)?;
    let x = variable(&[8, 256, 16, 16])?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the peer to be measured, wrong gradient and all"
    )]
    let candle = || Ok(x.upsample_nearest2d(32, 32)?);
    report("upsample [8, 256, 16, 16]", || upsample_nearest2d(&x, 2), candle)
}

fn optimiser() -> Result<()> {
    let tensors = [("w".to_owned(), variable(&[4000, 1000])?.into_inner())].into();
    let parameters = Parameters::from_tensors(&tensors)?;
    let loss = parameters.tensors()["w"].mean_all()?;
    let gradients = Gradients::of(&loss, &parameters)?;
    let mut adam = Adam::new(&parameters, AdamConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8 })?;
    let start = Instant::now();
    for _ in 0..10 {
        adam.update(&parameters, &gradients, 1e-3)?;
    }
    println!("Adam, 4 M parameters: {:.2} ms", start.elapsed().as_secs_f64() * 100.0);
    Ok(())
}

fn main() -> Result<()> {
    println!("milliseconds, forward / backward");
    network(512)?;
    network(1024)?;
    convolution([256, 1, 8, 8], 32, 3)?;
    convolution([256, 32, 8, 8], 32, 3)?;
    convolution([128, 64, 4, 4], 64, 3)?;
    convolution([8, 128, 32, 32], 128, 3)?;
    convolution([8, 256, 16, 16], 256, 1)?;
    others()?;
    optimiser()
}
