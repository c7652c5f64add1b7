//! Trains a small teacher on two moons and distils it, from Rust, in a few seconds.
//!
//! Run with `cargo run --release -p realuid-train --example distill_in_code -- FOLDER`.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use candle_core::Device;
use realuid_train::commands::{Begin, Origin, distill, teacher};
use realuid_train::config;

const RECIPE: &str = r#"
    [data]
    uri = "toy:moons"

    [teacher.network]
    architecture = "mlp"
    data_shape = [2]
    hidden = 64
    blocks = 2

    [teacher]
    optimizer = { learning_rate = 2e-3, warmup = 20 }
    train = { steps = 300, batch_size = 128 }

    [distill]
    objective = { alpha = 0.94, beta = 0.96 }
    generator = { every = 3 }
    generator_optimizer = { learning_rate = 5e-4, betas = [0.0, 0.999] }
    fake_optimizer = { learning_rate = 1e-3, betas = [0.0, 0.999] }
    train = { steps = 300, batch_size = 128 }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder: PathBuf = std::env::args().nth(1).unwrap_or("runs/in-code".into()).into();
    let recipe = Box::new(config::parse(RECIPE, "this example", &[])?);
    let never = AtomicBool::new(false);

    let out = folder.join("teacher");
    let begin = Begin::New { recipe: recipe.clone(), out: out.clone() };
    teacher(&begin, &mut (), &never, &Device::Cpu)?;

    let begin = Begin::New { recipe, out: folder.join("student") };
    let origin = Origin { teacher: out, from: None };
    distill(&begin, Some(&origin), &mut (), &never, &Device::Cpu)?;
    println!("{}", folder.join("student/report.html").display());
    Ok(())
}
