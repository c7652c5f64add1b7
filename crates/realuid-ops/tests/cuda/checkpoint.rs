use candle_core::{DType, Device, Tensor, Var};
use realuid_ops::{
    Conv2dConfig, Convolution, GroupNorm, HeadOrder, RandomStream, Result, Value, checkpoint,
    dropout, linear, on_tape, self_attention,
};

use crate::support::{gpu, normal};

/// Parameters of the body, f32.
#[derive(Clone)]
struct Weights {
    convolution: Var,
    norm: [Var; 2],
    qkv: Var,
}

impl Weights {
    fn new(gpu: &Device) -> Self {
        let place = |name: &str, shape: &[usize], scale: f64| {
            Var::from_tensor(&(normal(name, shape).to_device(gpu).unwrap() * scale).unwrap())
        };
        Self {
            convolution: place("convolution", &[32, 32, 3, 3], 0.1).unwrap(),
            norm: [place("scale", &[32], 1.0).unwrap(), place("shift", &[32], 1.0).unwrap()],
            qkv: place("qkv", &[96, 32], 0.2).unwrap(),
        }
    }

    fn all(&self) -> [&Var; 4] {
        [&self.convolution, &self.norm[0], &self.norm[1], &self.qkv]
    }

    /// A convolution with its neighbours, dropout and attention of images [B, H, W, 32], and a
    /// value per image.
    fn body(&self, inputs: &[Value]) -> Result<Value> {
        let [x, e] = inputs else { panic!("two inputs") };
        let [weight, bias] = self.norm.each_ref().map(|var| var.as_tensor().clone());
        let norm = GroupNorm { weight, bias, groups: 8, eps: 1e-5 };
        let config = Conv2dConfig { stride: 1, padding: 1 };
        let convolution = Convolution::new(&self.convolution, None, config);
        let h = convolution.after_norm_silu(&norm, None).plus_per_image(e).plus(x).apply(x)?;
        let h = dropout(&h, &RandomStream::new(3, "mask", 0), 0.2)?;
        let tokens = h.reshape((x.dims()[0], x.dims()[1] * x.dims()[2], 32))?;
        let mixed = self_attention(&linear(&tokens, &self.qkv, None)?, 2, HeadOrder::HeadsFirst)?;
        mixed.reshape(x.shape().clone())
    }
}

/// Bodies one after the other with the same weights.
fn result_and_gradients(gpu: &Device, dtype: DType, checkpointed: bool) -> Vec<Tensor> {
    let place = |name: &str, shape: &[usize]| {
        let values = normal(name, shape).to_device(gpu).unwrap().to_dtype(dtype).unwrap();
        Var::from_tensor(&values).unwrap()
    };
    let (x, e) = (place("x", &[2, 8, 8, 32]), place("e", &[2, 32]));
    let weights = Weights::new(gpu);
    let y = on_tape(&x, |x| {
        let e = x.join(&e)?;
        (0..2).try_fold(x.clone(), |x, _| {
            let weights = weights.clone();
            let body = move |inputs: &[Value]| weights.body(inputs);
            if checkpointed { checkpoint(&[&x, &e], body) } else { body(&[x, e.clone()]) }
        })
    })
    .unwrap();
    let loss = y.to_dtype(DType::F32).unwrap().sqr().unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    let variables = [&x, &e].into_iter().chain(weights.all());
    let found = variables.map(|variable| gradients.get(variable).expect("a gradient").clone());
    std::iter::once(y.detach()).chain(found).collect()
}

#[test]
fn checkpoints_have_the_bits_of_what_is_kept() {
    let Some(gpu) = gpu() else { return };
    for dtype in [DType::F32, DType::BF16, DType::F16] {
        let plain = result_and_gradients(&gpu, dtype, false);
        let checkpointed = result_and_gradients(&gpu, dtype, true);
        for (index, (plain, checkpointed)) in plain.iter().zip(&checkpointed).enumerate() {
            assert_eq!(plain.dtype(), checkpointed.dtype());
            let [plain, checkpointed] = [plain, checkpointed].map(|tensor| {
                let tensor = tensor.to_device(&Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
                tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap()
            });
            assert!(plain.iter().any(|x| *x != 0.0) && plain.iter().all(|x| x.is_finite()));
            assert!(plain == checkpointed, "{dtype:?}, {index}");
        }
    }
}
