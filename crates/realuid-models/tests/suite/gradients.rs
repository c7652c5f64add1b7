//! What gradients flow where: through whole networks, into parameters, and not into frozen ones.

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet};
use candle_core::{DType, Device, Tensor, Var};
use realuid_models::{Condition, NetworkConfig};
use realuid_ops::{Gradients, RandomStream};
use realuid_testkit::{assert_close, assert_gradients, formula_normal, formula_uniform};

fn classes() -> Condition {
    Condition::none().with_classes(Tensor::new(&[3_u32], &Device::Cpu).unwrap())
}

#[test]
fn finite_differences_of_whole_networks() {
    let mut modulated = tiny_unet();
    modulated.use_scale_shift_norm = true;
    modulated.resblock_updown = true;
    modulated.use_new_attention_order = true;
    let cases = [
        (NetworkConfig::AdmUnet(tiny_unet()), Condition::none()),
        (NetworkConfig::AdmUnet(modulated), Condition::none()),
        (NetworkConfig::Mlp(tiny_mlp()), classes()),
    ];
    for (config, condition) in cases {
        let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
        let t = formula_uniform("t", 1).unwrap();
        assert_gradients(&[&[1, 1, 4, 4]], |x| network.forward(&x[0], &t, &condition));
    }
}

#[test]
fn finite_differences_for_parameters() {
    let config = NetworkConfig::AdmUnet(tiny_unet());
    let parameters = formula_parameters(&config, DType::F64);
    let network = config.build_trainable(&parameters).unwrap();
    let x = formula_normal("x", (1, 1, 4, 4)).unwrap();
    let t = formula_uniform("t", 1).unwrap();
    let loss = || network.forward(&x, &t, &Condition::none()).unwrap().sqr().unwrap().sum_all();
    let gradients = Gradients::of(&loss().unwrap(), &parameters).unwrap();
    for (name, index) in [("time_embed.0.weight", 5), ("middle_block.1.qkv.weight", 70)] {
        let var = parameters.get(name).unwrap();
        let values = var.flatten_all().unwrap().to_vec1::<f64>().unwrap();
        let at = |step: f64| {
            let mut values = values.clone();
            values[index] += step;
            var.set(&Tensor::from_vec(values, var.shape(), &Device::Cpu).unwrap()).unwrap();
            loss().unwrap().to_scalar::<f64>().unwrap()
        };
        let quotient = (at(1e-5) - at(-1e-5)) / 2e-5;
        let gradient = gradients.get(name).unwrap().flatten_all().unwrap();
        let gradient = gradient.get(index).unwrap().to_scalar::<f64>().unwrap();
        assert!(
            gradient != 0.0 && (quotient - gradient).abs() < 1e-6 * gradient.abs().max(1.0),
            "{name}: finite difference {quotient}, autograd {gradient}"
        );
        at(0.0);
    }
}

#[test]
fn frozen_networks_differentiate_their_input_alone() {
    for (config, condition) in [
        (NetworkConfig::AdmUnet(tiny_unet()), Condition::none()),
        (NetworkConfig::Mlp(tiny_mlp()), classes()),
    ] {
        let parameters = formula_parameters(&config, DType::F32);
        let x = formula_normal("x", (1, 1, 4, 4)).unwrap().to_dtype(DType::F32).unwrap();
        let x = Var::from_tensor(&x).unwrap();
        let t = formula_uniform("t", 1).unwrap();
        let backward = |network: &dyn realuid_models::Network| {
            network.forward(&x, &t, &condition).unwrap().sum_all().unwrap().backward().unwrap()
        };
        let frozen = backward(&*config.build_frozen(&parameters).unwrap());
        let trained = backward(&*config.build_trainable(&parameters).unwrap());
        assert_close(frozen.get(&x).unwrap(), trained.get(&x).unwrap(), 1e-6);
        for (name, var) in parameters.iter() {
            assert!(frozen.get(var).is_none(), "{name} of a frozen network has a gradient");
            let head = name.starts_with("cls_pred_branch");
            assert_eq!(trained.get(var).is_some(), !head, "{name}");
        }
    }
}

#[test]
fn frozen_networks_see_later_updates() {
    let config = NetworkConfig::AdmUnet(tiny_unet());
    let parameters = formula_parameters(&config, DType::F64);
    let network = config.build_frozen(&parameters).unwrap();
    let x = formula_normal("x", (1, 1, 4, 4)).unwrap();
    let t = formula_uniform("t", 1).unwrap();
    let before = network.forward(&x, &t, &Condition::none()).unwrap();
    let bias = parameters.get("out.2.bias").unwrap();
    bias.set(&(bias.as_tensor() + 2.0).unwrap()).unwrap();
    let after = network.forward(&x, &t, &Condition::none()).unwrap();
    assert_close(&after, &(before + 2.0).unwrap(), 1e-12);
}

#[test]
fn dropout_follows_its_stream() {
    let mut unet = tiny_unet();
    unet.dropout = 0.5;
    let config = NetworkConfig::AdmUnet(unet);
    let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
    let x = formula_normal("x", (1, 1, 4, 4)).unwrap();
    let t = formula_uniform("t", 1).unwrap();
    let forward = |condition: &Condition| {
        network.forward(&x, &t, condition).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    let stream = |step| Condition::none().with_dropout(RandomStream::new(7, "dropout", step));
    assert_eq!(forward(&stream(0)), forward(&stream(0)));
    assert_ne!(forward(&stream(0)), forward(&stream(1)));

    let plain = NetworkConfig::AdmUnet(tiny_unet());
    let plain = plain.build_frozen(&formula_parameters(&plain, DType::F64)).unwrap();
    let plain = plain.forward(&x, &t, &stream(0)).unwrap();
    let plain = plain.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    assert_eq!(forward(&Condition::none()), plain, "nothing is dropped without a stream");
    assert_ne!(forward(&stream(0)), plain);
}
