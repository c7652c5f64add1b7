//! Describes a small UNet, initialises it, stores it in a folder, loads it again and runs it.
//!
//! `cargo run -p realuid-models --example store_and_run -- FOLDER`

use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use realuid_models::{AdmUnetConfig, Condition, NetworkConfig, load_model, save_model};
use realuid_ops::RandomStream;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or(std::env::temp_dir().join("unet"), PathBuf::from);
    let device = Device::Cpu;

    let mut unet = AdmUnetConfig::new([1, 28, 28], 32, 1);
    unet.class_cond = true;
    unet.num_classes = 10;
    let config = NetworkConfig::AdmUnet(unet);
    let parameters = config.initialise(&RandomStream::new(0, "initialise", 0), &device)?;
    save_model(&folder, &config, &parameters)?;
    println!(
        "{} values in {} tensors -> {}",
        parameters.element_count(),
        parameters.len(),
        folder.display()
    );

    let (config, parameters) = load_model(&folder, &device)?;
    let network = config.build_frozen(&parameters)?;
    let x = RandomStream::new(0, "noise", 0).normal((4, 1, 28, 28), DType::F32, &device)?;
    let t = Tensor::new(&[0.0_f32, 0.25, 0.5, 0.75], &device)?;
    let classes = Tensor::new(&[3_u32, 1, 4, 1], &device)?;
    let velocity = network.forward(&x, &t, &Condition::none().with_classes(classes))?;
    let largest = velocity.abs()?.max_all()?.to_scalar::<f32>()?;
    println!("prediction {:?}, largest {largest}: a fresh network predicts zero", velocity.dims());

    // A perceptron's parameters do not fit this network, and the error says which and why.
    let other = r#"{ "architecture": "mlp", "data_shape": [2], "hidden": 64, "blocks": 2 }"#;
    let other: NetworkConfig = serde_json::from_str(other)?;
    let other = other.initialise(&RandomStream::new(0, "initialise", 0), &device)?;
    if let Err(error) = config.build_frozen(&other) {
        println!("{}", error.to_string().lines().take(3).collect::<Vec<_>>().join("\n"));
    }
    Ok(())
}
