use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Tensor};
use realuid_ops::Tape;

use crate::findings::Findings;
use crate::operations::Operation;
use crate::place::Place;
use crate::precision::Precision;
use crate::variant::Variant;

/// What may be off in f32 and in bf16, relative to the norm of what it is compared with: sums are in
/// another order, and bf16 has 8 bits.
const TOLERANCES: [(Precision, f64); 2] = [(Precision::F32, 1e-4), (Precision::Bf16, 2e-2)];

/// Compares the result of `operation` and all its gradients on `device` with those of the processor in
/// f32.
pub fn compare(operation: &Operation, device: &Device, findings: &mut Findings) {
    let expected = match run(operation, &Place::exact(&Device::Cpu)) {
        Ok(expected) => expected,
        Err(error) => return findings.failed(&format!("ops/{}", operation.name()), &error),
    };
    for (precision, tolerance) in TOLERANCES {
        let name = format!("ops/{}/{precision}", operation.name());
        if !device.is_cuda() && precision == Precision::Bf16 {
            Findings::skipped(&name, "the processor computes in f32");
            continue;
        }
        precision.enter();
        let place = Place { device: device.clone(), variant: Variant::launched(precision) };
        match run(operation, &place).and_then(|found| worst(&found, &expected)) {
            Ok(distance) => findings.compared(&name, distance, tolerance),
            Err(error) => findings.failed(&name, &error),
        }
    }
}

/// |found - expected| / |expected| in f64.
pub fn distance(found: &Tensor, expected: &Tensor) -> Result<f64> {
    let (shape, other) = (expected.dims(), found.dims());
    ensure!(shape == other, "expected the shape {shape:?}, found {other:?}");
    let read = |tensor: &Tensor| -> Result<Vec<f64>> {
        let here = tensor.to_device(&Device::Cpu)?.to_dtype(DType::F64)?;
        Ok(here.flatten_all()?.to_vec1()?)
    };
    let (found, expected) = (read(found)?, read(expected)?);
    let squares = found.iter().zip(&expected).map(|(a, b)| (a - b).powi(2));
    let off = squares.sum::<f64>().sqrt();
    let size = expected.iter().map(|b| b * b).sum::<f64>().sqrt();
    Ok(if size == 0.0 { off } else { off / size })
}

/// The largest distance of all.
fn worst(found: &[Tensor], expected: &[Tensor]) -> Result<f64> {
    let pairs = found.iter().zip(expected);
    pairs.map(|(found, expected)| distance(found, expected)).try_fold(0.0, |worst, distance| {
        let distance: f64 = distance?;
        // A NaN is the worst that there is.
        Ok(if distance > worst || distance.is_nan() { distance } else { worst })
    })
}

/// The result, then the gradients of sum(result * fixed values) for all inputs.
fn run(operation: &Operation, place: &Place) -> Result<Vec<Tensor>> {
    let inputs = operation.inputs(place)?;
    let tape = Tape::new();
    let result = tape.output(operation.apply(&tape, &inputs)?)?;
    let weight = place.normal("check weight", result.dims())?.to_dtype(result.dtype())?;
    let loss = (&result * weight)?.to_dtype(DType::F32)?.sum_all()?;
    let mut gradients = loss.backward()?;
    let mut all = vec![result.detach()];
    for (index, input) in inputs.wanted().enumerate() {
        let found = gradients.remove(input);
        let gradient = found.with_context(|| format!("input {index}: expected a gradient"))?;
        let (dtype, other) = (input.dtype(), gradient.dtype());
        ensure!(dtype == other, "input {index}: expected a gradient of {dtype:?}, found {other:?}");
        all.push(gradient);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_relative_to_what_is_expected() {
        let tensor = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
        let expected = tensor(&[3.0, 4.0]);
        let close =
            |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(distance(&tensor(&[3.0, 4.5]), &expected).unwrap(), 0.1);
        close(distance(&tensor(&[0.25]), &tensor(&[0.0])).unwrap(), 0.25);
        assert!(distance(&tensor(&[3.0]), &expected).is_err());
        let worst =
            worst(&[tensor(&[f32::NAN, 0.0]), expected.clone()], &[expected.clone(), expected]);
        assert!(worst.unwrap().is_nan());
    }
}
