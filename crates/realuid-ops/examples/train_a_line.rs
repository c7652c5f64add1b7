//! The crate alone: draw data from named streams, fit a small network, keep an average of it.
//!
//! `cargo run -p realuid-ops --example train_a_line`

use candle_core::{DType, Device};
use realuid_ops::{
    Adam, AdamConfig, Ema, Gradients, Parameters, RandomStream, Result, StepConfig, linear,
    on_tape, silu,
};

fn main() -> Result<()> {
    let draw = |purpose: &str, step, shape: &[usize]| {
        RandomStream::new(0, purpose, step).normal(shape, DType::F32, &Device::Cpu)
    };
    let names = [("w1", vec![32, 1]), ("b1", vec![32]), ("w2", vec![1, 32])];
    let mut start = std::collections::BTreeMap::new();
    for (name, shape) in names {
        start.insert(name.to_owned(), (draw(name, 0, &shape)? * 0.5)?);
    }
    let network = Parameters::from_tensors(&start)?;
    let variable = |name: &str| network.get(name).expect("made above").as_tensor().clone();
    let (w1, b1, w2) = (variable("w1"), variable("b1"), variable("w2"));

    let mut adam = Adam::new(&network, AdamConfig { beta1: 0.9, beta2: 0.999, eps: 1e-8 })?;
    let mut ema = Ema::new(&network, &[0.99])?;
    let config = StepConfig { learning_rate: 1e-2, max_norm: Some(1.0) };
    for step in 0..=500 {
        let x = draw("x", step, &[128, 1])?;
        let y = on_tape(&x, |x| linear(&silu(&linear(x, &w1, Some(&b1))?)?, &w2, None))?;
        let loss = (y - x.sin()?)?.sqr()?.mean_all()?;
        let gradients = Gradients::of(&loss, &network)?;
        let norm = adam.step(&network, &gradients, config, Some(&mut ema))?;
        if step % 100 == 0 {
            println!("step {step}: loss {:.5}, gradient norm {norm:.4}", loss.to_scalar::<f32>()?);
        }
    }
    println!("averages kept: {}", ema.averages().len());
    Ok(())
}
