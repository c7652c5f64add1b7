use candle_core::{DType, Device, Shape, Tensor};

use crate::Result;

/// Uniform stream in [0, 1) called `name`, of the given shape, dtype f64.
pub fn formula_uniform(name: &str, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    let values: Vec<f64> =
        (0..shape.elem_count()).map(|k| f64::midpoint(signed_uniform(name, k), 1.0)).collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// Standard normal stream called `name` (Box-Muller of the streams `name/1` and `name/2`), dtype f64.
pub fn formula_normal(name: &str, shape: impl Into<Shape>) -> Result<Tensor> {
    let shape = shape.into();
    let (radius, angle) = (format!("{name}/1"), format!("{name}/2"));
    let values: Vec<f64> = (0..shape.elem_count())
        .map(|k| {
            let u1 = f64::midpoint(signed_uniform(&radius, k), 1.0);
            let u2 = f64::midpoint(signed_uniform(&angle, k), 1.0);
            (-2.0 * (1.0 - u1).ln()).sqrt() * (std::f64::consts::TAU * u2).cos()
        })
        .collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?)
}

/// The parameter called `name`, scaled by its role as the fixtures' README says, dtype f32.
///
/// `stream` is the name the values are drawn under (the parameter's own, or one with a prefix).
pub fn formula_parameter(stream: &str, name: &str, shape: &[usize]) -> Result<Tensor> {
    let count: usize = shape.iter().product();
    let fan_in: usize = shape.iter().skip(1).product();
    let values: Vec<f64> = (0..count)
        .map(|k| {
            let u = signed_uniform(stream, k);
            if shape.len() >= 2 {
                u * (3.0 / fan_in as f64).sqrt()
            } else if name.ends_with("weight") {
                1.0 + 0.1 * u
            } else if name.ends_with("running_var") {
                1.0 + 0.5 * u.abs()
            } else {
                0.1 * u
            }
        })
        .collect();
    Ok(Tensor::from_vec(values, shape, &Device::Cpu)?.to_dtype(DType::F32)?)
}

/// Value `k` of the stream `name`, in [-1, 1): splitmix64 of the name's FNV-1a hash.
fn signed_uniform(name: &str, k: usize) -> f64 {
    let mut x = fnv1a64(name).wrapping_add(k as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^= x >> 31;
    (x >> 11) as f64 * 2.0_f64.powi(-53) * 2.0 - 1.0
}

fn fnv1a64(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_fnv1a() {
        // Published test vectors of FNV-1a, 64 bits.
        assert_eq!(fnv1a64(""), 0xCBF2_9CE4_8422_2325);
        assert_eq!(fnv1a64("a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(fnv1a64("foobar"), 0x8594_4171_F739_67E8);
    }

    #[test]
    fn normal_stream_has_unit_variance() {
        let x = formula_normal("moments", 20_000).unwrap();
        let mean = x.mean_all().unwrap().to_scalar::<f64>().unwrap();
        let square = x.sqr().unwrap().mean_all().unwrap().to_scalar::<f64>().unwrap();
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
    }
}
