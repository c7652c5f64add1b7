use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{cast, checkpoint, linear, on_tape};

use crate::support::{gpu, normal};

const DTYPES: [DType; 3] = [DType::F32, DType::BF16, DType::F16];

/// Every element; all of these dtypes are exact in f32.
fn values(tensor: &Tensor) -> Vec<f32> {
    let here = tensor.to_device(&Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
    here.flatten_all().unwrap().to_vec1().unwrap()
}

/// Both are rounded to the nearest number, ties to even: to the bit what candle does on the CPU.
#[test]
fn casts_and_their_gradients_are_rounded_as_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for (from, to) in DTYPES.iter().flat_map(|from| DTYPES.map(|to| (*from, to))) {
        // Packs of four, single elements, and an argument that does not begin on a pack.
        for (shape, skipped) in [(&[4, 64][..], 0), (&[3, 7], 0), (&[1025], 1)] {
            let draw = |purpose| normal(purpose, shape).narrow(0, skipped, shape[0] - skipped);
            let (x, weight) = (draw("x").unwrap(), draw("weight").unwrap());
            let (x, weight) = (x.to_dtype(from).unwrap(), weight.to_dtype(to).unwrap());
            let all = normal("x", shape).to_device(&gpu).unwrap().to_dtype(from).unwrap();
            let all = Var::from_tensor(&all).unwrap();
            let there = all.narrow(0, skipped, shape[0] - skipped).unwrap();
            let y = on_tape(&there, |x| cast(x, to)).unwrap();
            assert_eq!(y.dtype(), to);
            assert!(values(&y) == values(&x.to_dtype(to).unwrap()), "{from:?} to {to:?}");

            let loss = (y * weight.to_device(&gpu).unwrap()).unwrap().sum_all().unwrap();
            let gradient = loss.backward().unwrap().get(&all).unwrap().clone();
            assert_eq!(gradient.dtype(), from);
            let gradient = values(&gradient)[skipped..].to_vec();
            assert!(gradient == values(&weight.to_dtype(from).unwrap()), "{to:?} to {from:?}");
        }
    }
}

#[test]
fn a_cast_to_what_no_gpu_computes_in_is_refused() {
    let Some(gpu) = gpu() else { return };
    let x = normal("x", &[3]).to_device(&gpu).unwrap();
    let error = on_tape(&x, |x| cast(x, DType::F64)).unwrap_err().to_string();
    assert!(error.contains("F32, BF16 or F16") && error.contains("F64"), "{error}");
}

/// As a network in bf16 does: f32 at both ends, a checkpointed body between, f32 parameters.
#[test]
fn casts_may_be_checkpointed() {
    let Some(gpu) = gpu() else { return };
    let place = |name: &str| Var::from_tensor(&normal(name, &[8, 8]).to_device(&gpu).unwrap());
    let (x, w) = (place("x").unwrap(), place("w").unwrap());
    let run = |checkpointed: bool| {
        let y = on_tape(&x, |x| {
            let weight = w.as_tensor().clone();
            let body = move |x: &[realuid_ops::Value]| {
                cast(&linear(&cast(&x[0], DType::BF16)?, &weight, None)?, DType::F32)
            };
            if checkpointed { checkpoint(&[x], body) } else { body(&[x.clone()]) }
        });
        let gradients = y.as_ref().unwrap().sqr().unwrap().sum_all().unwrap().backward().unwrap();
        [y.unwrap(), gradients.get(&x).unwrap().clone(), gradients.get(&w).unwrap().clone()]
    };
    let (plain, checkpointed) = (run(false), run(true));
    for (plain, checkpointed) in plain.iter().zip(&checkpointed) {
        assert_eq!(plain.dtype(), DType::F32);
        assert!(values(plain) == values(checkpointed));
    }
}
