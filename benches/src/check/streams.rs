use anyhow::{Result, ensure};
use candle_core::{DType, Device, Tensor};
use realuid_ops::{RandomStream, sinusoidal_embedding};

use super::comparison::distance;
use crate::findings::Findings;

/// How far a device is off.
type Check = fn(&Device) -> Result<f64>;

/// The last bits of a logarithm and a cosine.
const NORMAL: f64 = 1e-6;
/// At a time of 999 the last bit of an angle is 6e-5.
const FEATURES: f64 = 1e-4;
/// Odd, and more than the threads of a launch would draw with one pair each.
const LENGTH: usize = 2_100_001;

/// Compares random values, and features of times, on `device` with those of the processor.
pub fn compare(device: &Device, findings: &mut Findings) {
    let checks: [(&str, f64, Check); 3] = [
        ("random/uniform", 0.0, uniform),
        ("random/normal", NORMAL, normal),
        ("ops/sinusoidal-embedding", FEATURES, features),
    ];
    for (name, allowed, check) in checks {
        match check(device) {
            Ok(difference) => findings.compared(name, difference, allowed),
            Err(error) => findings.failed(name, &error),
        }
    }
}

/// The same bits, or an error.
fn uniform(device: &Device) -> Result<f64> {
    let draw = |device: &Device| -> Result<Vec<f32>> {
        Ok(stream().uniform(LENGTH, DType::F32, device)?.to_vec1()?)
    };
    ensure!(draw(device)? == draw(&Device::Cpu)?, "expected the processor's values, found others");
    Ok(0.0)
}

fn normal(device: &Device) -> Result<f64> {
    let draw = |device: &Device| stream().normal(LENGTH, DType::F32, device);
    distance(&draw(device)?, &draw(&Device::Cpu)?)
}

fn features(device: &Device) -> Result<f64> {
    let times = [0.0_f32, 0.37, 1.0, 500.0, 999.0, -1.55];
    let features = |device: &Device| -> Result<Tensor> {
        Ok(sinusoidal_embedding(&Tensor::new(&times, device)?, 128)?)
    };
    distance(&features(device)?, &features(&Device::Cpu)?)
}

fn stream() -> RandomStream {
    RandomStream::new(42, "check", 1000).child(5)
}
