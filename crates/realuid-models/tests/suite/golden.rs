//! The adversarial head and the perceptron against a few numbers computed in PyTorch 2.15 on the
//! same formula tensors: the head (float32) as an `nn.Sequential` on the output of torchcfm's
//! middle block, the perceptron (float64) from its definition in `MlpConfig`'s documentation.

use crate::tiny::{formula_parameters, tiny_mlp};
use candle_core::{DType, Device, Tensor, Var};
use realuid_models::{AdmUnetConfig, Condition, NetworkConfig};
use realuid_testkit::{assert_close, formula_normal, formula_uniform};

/// `logits` holds a row per sample.
fn assert_head(dim: [usize; 3], attention: &str, logits: &[&[f32]], gradient_norm: f64) {
    let mut unet = AdmUnetConfig::new(dim, 32, 1);
    unet.channel_mult = Some(vec![1.0, 2.0]);
    unet.attention_resolutions = attention.into();
    unet.adversarial_head = true;
    let config = NetworkConfig::AdmUnet(unet);
    let parameters = formula_parameters(&config, DType::F32);
    let head = config.build_discriminator_trainable(&parameters).unwrap();

    let [c, h, w] = dim;
    let f32 = |t: Tensor| t.to_dtype(DType::F32).unwrap();
    let x = Var::from_tensor(&f32(formula_normal("head/x", (2, c, h, w)).unwrap())).unwrap();
    let t = f32(formula_uniform("head/t", 2).unwrap());
    let found = head.logits(&x, &t, &Condition::none()).unwrap();
    let expected: Vec<f32> = logits.iter().flat_map(|row| row.to_vec()).collect();
    let expected = Tensor::from_vec(expected, (2, logits[0].len()), &Device::Cpu).unwrap();
    assert_close(&found, &expected, 1e-5);

    let gradients = realuid_ops::on_tape(&found, realuid_ops::softplus)
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    let norm = gradients.get(&x).unwrap().sqr().unwrap().sum_all().unwrap().to_scalar::<f32>();
    let norm = f64::from(norm.unwrap()).sqrt();
    assert!((norm / gradient_norm - 1.0).abs() < 1e-4, "gradient norm {norm}");
    for (name, var) in parameters.iter() {
        let behind = name.starts_with("out");
        assert_eq!(gradients.get(var).is_none(), behind, "{name}: the head ends the encoder");
    }
}

#[test]
fn head_has_one_logit_per_position() {
    let logits: [&[f32]; 2] = [
        &[-0.270_732_2, 0.696_783_96, 0.442_014_52, -1.910_737_2],
        &[0.272_441_77, -0.937_338_6, 0.490_535_62, -0.695_047_1],
    ];
    assert_head([3, 16, 16], "8", &logits, 0.984_247_565);

    let logits: [&[f32]; 2] = [&[-0.637_221_7], &[-0.954_475_5]];
    assert_head([1, 14, 14], "7", &logits, 0.021_300_597);
}

#[test]
fn perceptron_and_its_head() {
    let config = NetworkConfig::Mlp(tiny_mlp());
    let parameters = formula_parameters(&config, DType::F64);
    let classes = Tensor::new(&[0_u32, 4, 2], &Device::Cpu).unwrap();
    let condition = Condition::none().with_classes(classes);
    let x = Var::from_tensor(&formula_normal("mlp/x", (3, 1, 4, 4)).unwrap()).unwrap();
    let t = formula_uniform("mlp/t", 3).unwrap();

    let out = config.build_trainable(&parameters).unwrap().forward(&x, &t, &condition).unwrap();
    assert_eq!(out.dims(), [3, 1, 4, 4]);
    let first = out.flatten_from(1).unwrap().narrow(1, 0, 2).unwrap();
    let expected: [[f64; 2]; 3] = [
        [-0.653_745_900_046_881_9, -0.487_410_694_060_320_9],
        [-1.996_489_910_673_331, -0.326_382_874_556_827_4],
        [-0.707_027_544_289_162_5, 0.442_539_226_921_196_2],
    ];
    assert_close(&first, &Tensor::new(&expected, &Device::Cpu).unwrap(), 1e-12);
    let gradients = out.sum_all().unwrap().backward().unwrap();
    let norm = gradients.get(&x).unwrap().sqr().unwrap().sum_all().unwrap().to_scalar::<f64>();
    assert!((norm.unwrap().sqrt() - 7.822_867_198_557_81).abs() < 1e-10);

    let head = config.build_discriminator_frozen(&parameters).unwrap();
    let expected: [[f64; 1]; 3] =
        [[0.578_407_647_346_895_9], [-0.207_945_211_233_797_28], [0.064_871_737_434_103_1]];
    let expected = Tensor::new(&expected, &Device::Cpu).unwrap();
    assert_close(&head.logits(&x, &t, &condition).unwrap(), &expected, 1e-12);
}
