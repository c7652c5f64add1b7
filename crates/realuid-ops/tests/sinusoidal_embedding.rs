//! Features of time against their definition.

use candle_core::{DType, Device, Tensor};
use realuid_ops::sinusoidal_embedding;

#[test]
fn diffusion_steps_and_logarithms_of_noise_are_embedded_as_they_are() {
    // Steps 0 to 999 of DDPM, c_noise of EDM, and the ends of flow matching.
    let times = [0.0, 1.0, 500.0, 999.0, -1.55, 1.095];
    let t = Tensor::new(times.map(|t| t as f32).as_slice(), &Device::Cpu).unwrap();
    let found = sinusoidal_embedding(&t, 8).unwrap().to_vec2::<f32>().unwrap();
    for (row, t) in found.iter().zip(times) {
        for i in 0..4 {
            let angle = t * 10_000_f64.powf(-0.25 * f64::from(i));
            let i = i as usize;
            assert!((f64::from(row[i]) - angle.cos()).abs() < 1e-4, "t = {t}, cosine {i}");
            assert!((f64::from(row[4 + i]) - angle.sin()).abs() < 1e-4, "t = {t}, sine {i}");
        }
    }
}

#[test]
fn an_odd_width_ends_with_a_zero_and_times_are_a_list() {
    let t = Tensor::new(&[0.5_f64, 2.0], &Device::Cpu).unwrap();
    let found = sinusoidal_embedding(&t, 3).unwrap();
    assert_eq!((found.dims(), found.dtype()), (&[2, 3][..], DType::F64));
    assert!((found.to_vec2::<f64>().unwrap()[1][1] - 2.0_f64.sin()).abs() < 1e-15);
    assert!(found.to_vec2::<f64>().unwrap().iter().all(|row| row[2] == 0.0));
    let image = t.reshape((1, 2)).unwrap();
    let text = sinusoidal_embedding(&image, 4).unwrap_err().to_string();
    assert_eq!(text, "sinusoidal_embedding: expected times of shape [B], found [1, 2]");
}
