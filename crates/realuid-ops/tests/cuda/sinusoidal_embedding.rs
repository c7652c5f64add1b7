use candle_core::{DType, Device, Tensor};
use realuid_ops::sinusoidal_embedding;

use crate::support::gpu;

fn values(t: &Tensor, dim: usize) -> Vec<f64> {
    let features = sinusoidal_embedding(t, dim).unwrap().to_device(&Device::Cpu).unwrap();
    assert_eq!((features.dims(), features.dtype()), (&[t.elem_count(), dim][..], t.dtype()));
    features.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn features_of_time_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let times = Tensor::new(&[0.0_f32, 0.37, 1.0, 500.0, 999.0, -1.55], &Device::Cpu).unwrap();
    for dim in [1, 2, 7, 128] {
        let (here, there) = (values(&times, dim), values(&times.to_device(&gpu).unwrap(), dim));
        for (here, there) in here.iter().zip(&there) {
            // At t = 999 the last bit of an angle is 6e-5.
            assert!((here - there).abs() < 7e-5, "{dim}: {here} {there}");
        }
    }
}
