//! Random streams made on a GPU.

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use crate::support::gpu;

fn values(tensor: &Tensor) -> Vec<f64> {
    let tensor = tensor.to_device(&Device::Cpu).unwrap().to_dtype(DType::F64).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Lengths that end within and between pairs; one is longer than all threads together would be with
/// one pair each.
const LENGTHS: [usize; 4] = [1, 2, 777, 2_100_001];

fn streams() -> [RandomStream; 2] {
    let stream = RandomStream::new(42, "noise on a GPU", 1000);
    [stream.child(5), stream]
}

#[test]
#[allow(clippy::float_cmp)] // the same bits
fn uniform_values_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for stream in streams() {
        for length in LENGTHS {
            let draw = |dtype, device| stream.uniform(length, dtype, device).unwrap();
            let expected = draw(DType::F32, &Device::Cpu);
            assert_eq!(values(&draw(DType::F32, &gpu)), values(&expected));
            for dtype in [DType::BF16, DType::F16] {
                let rounded = expected.to_dtype(dtype).unwrap();
                assert_eq!(values(&draw(dtype, &gpu)), values(&rounded), "{dtype:?}");
            }
            let double = draw(DType::F64, &Device::Cpu);
            assert_eq!(values(&draw(DType::F64, &gpu)), values(&double));
        }
    }
}

#[test]
fn normal_values_are_those_of_the_cpu_to_rounding() {
    let Some(gpu) = gpu() else { return };
    for stream in streams() {
        for length in LENGTHS {
            let exact = values(&stream.normal(length, DType::F64, &Device::Cpu).unwrap());
            // Half a unit in the last place, and the rounding of the f64 before.
            for (dtype, relative) in [(DType::F32, 6e-8), (DType::BF16, 4e-3), (DType::F16, 5e-4)] {
                let found = stream.normal(length, dtype, &gpu).unwrap();
                assert_eq!((found.dims(), found.dtype()), (&[length][..], dtype));
                for (found, exact) in values(&found).iter().zip(&exact) {
                    let allowed = relative * exact.abs() + 6e-8;
                    assert!((found - exact).abs() <= allowed, "{dtype:?}: {found} {exact}");
                }
            }
        }
    }
}

/// Rows of odd and even lengths, of more streams than fit into one launch that writes their addresses.
#[test]
fn values_of_many_streams_are_those_of_each() {
    let Some(gpu) = gpu() else { return };
    let [stream, _] = streams();
    for (count, shape) in [(300, [3, 7]), (5, [2, 600]), (1, [1, 1])] {
        let streams: Vec<_> = (0..count).map(|i| stream.child(i)).collect();
        for dtype in [DType::F32, DType::BF16] {
            let found = RandomStream::normal_of_each(&streams, &shape, dtype, &gpu).unwrap();
            let each = streams.iter().map(|stream| stream.normal(&shape, dtype, &gpu).unwrap());
            let expected = Tensor::stack(&each.collect::<Vec<_>>(), 0).unwrap();
            assert_eq!(found.dims(), expected.dims());
            assert!(values(&found) == values(&expected), "{count} of {shape:?}");
        }
    }
}

#[test]
fn other_dtypes_are_refused() {
    let Some(gpu) = gpu() else { return };
    let stream = RandomStream::new(0, "dtype", 0);
    let text = stream.normal(3, DType::U32, &gpu).unwrap_err().to_string();
    assert!(text.contains("dtype F32, F64, BF16 or F16 on a GPU"), "{text}");
}
