//! What configurations say, refuse, and start from.

use std::collections::BTreeMap;

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet};
use candle_core::{DType, Device, Tensor};
use realuid_models::{AdmUnetConfig, Condition, Conditioned, MlpConfig, NetworkConfig};
use realuid_ops::RandomStream;
use realuid_paths::Field;
use realuid_testkit::{formula_normal, formula_uniform};
use serde_json::json;

#[test]
fn defaults_are_those_of_torchcfm() {
    let config: NetworkConfig = serde_json::from_value(json!({
        "architecture": "adm-unet", "dim": [1, 28, 28], "num_channels": 32, "num_res_blocks": 1,
    }))
    .unwrap();
    assert_eq!(config, NetworkConfig::AdmUnet(AdmUnetConfig::new([1, 28, 28], 32, 1)));
    assert_eq!((config.data_shape(), config.num_classes()), (vec![1, 28, 28], None));
    let shapes = config.parameter_shapes().unwrap();
    // By default (1, 2, 2) times the channels, and attention at 28 // 16 = 1: full resolution.
    assert_eq!(shapes["middle_block.0.in_layers.2.weight"], [64, 64, 3, 3]);
    assert_eq!(shapes["input_blocks.1.1.qkv.weight"], [96, 32, 1]);
    assert!(!shapes.contains_key("input_blocks.3.1.qkv.weight"));
    assert!(!shapes.contains_key("label_emb.weight"));
}

#[test]
fn classes_need_the_switch() {
    let mut config = tiny_unet();
    config.num_classes = 10;
    assert_eq!(NetworkConfig::AdmUnet(config.clone()).num_classes(), None);
    config.class_cond = true;
    let config = NetworkConfig::AdmUnet(config);
    assert_eq!(config.num_classes(), Some(10));
    assert_eq!(config.parameter_shapes().unwrap()["label_emb.weight"], [10, 128]);
}

/// Asserts that the tiny UNet, once changed, is refused for the field named.
fn refused(field: &str, change: impl FnOnce(&mut AdmUnetConfig)) {
    let mut config = tiny_unet();
    change(&mut config);
    let config = NetworkConfig::AdmUnet(config);
    let message = config.validate().unwrap_err().to_string();
    assert!(message.contains(&format!("`{field}`")), "{field} is not in: {message}");
    assert!(config.parameter_shapes().is_err());
}

#[test]
fn what_describes_no_unet_is_refused() {
    refused("dim", |c| c.dim = [0, 4, 4]);
    refused("dim", |c| c.dim = [1, 5, 4]);
    refused("channel_mult", |c| c.channel_mult = None);
    refused("channel_mult", |c| c.channel_mult = Some(vec![]));
    refused("channel_mult", |c| c.channel_mult = Some(vec![1.0, 1.5]));
    refused("channel_mult", |c| c.channel_mult = Some(vec![1.0, -1.0]));
    refused("channel_mult", |c| c.channel_mult = Some(vec![f64::INFINITY]));
    refused("channel_mult", |c| c.channel_mult = Some(vec![1.0; 70]));
    refused("num_channels", |c| c.num_channels = usize::MAX);
    refused("attention_resolutions", |c| c.attention_resolutions = "4,x".into());
    refused("attention_resolutions", |c| c.attention_resolutions = "0".into());
    refused("attention_resolutions", |c| c.attention_resolutions = String::new());
    refused("num_heads", |c| c.num_heads = 3);
    refused("num_heads", |c| c.num_heads = 0);
    refused("num_heads_upsample", |c| c.num_heads_upsample = 5);
    refused("num_head_channels", |c| c.num_head_channels = 20);
    refused("num_head_channels", |c| c.num_head_channels = 0);
    refused("dropout", |c| c.dropout = 1.0);
    refused("dropout", |c| c.dropout = f64::NAN);
    refused("use_fp16", |c| c.use_fp16 = true);
    refused("num_classes", |c| (c.class_cond, c.num_classes) = (true, 0));
    refused("adversarial_head", |c| c.adversarial_head = true);
    refused("adversarial_head", |c| (c.adversarial_head, c.dim) = (true, [1, 8, 8]));
}

#[test]
fn what_describes_no_perceptron_is_refused() {
    let refused = |field: &str, change: &dyn Fn(&mut MlpConfig)| {
        let mut config = tiny_mlp();
        change(&mut config);
        let message = NetworkConfig::Mlp(config).validate().unwrap_err().to_string();
        assert!(message.contains(&format!("`{field}`")), "{field} is not in: {message}");
    };
    refused("data_shape", &|c| c.data_shape = vec![]);
    refused("data_shape", &|c| c.data_shape = vec![1, 0]);
    refused("hidden", &|c| c.hidden = 0);
    refused("time_features", &|c| c.time_features = 7);
    refused("highest_frequency", &|c| c.highest_frequency = 1.0);
    refused("num_classes", &|c| c.num_classes = Some(0));
}

#[test]
fn a_discriminator_needs_a_head() {
    let config = NetworkConfig::AdmUnet(tiny_unet());
    let error = config.build_discriminator_frozen(&formula_parameters(&config, DType::F32));
    assert!(error.err().unwrap().to_string().contains("`adversarial_head`"));
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let config = NetworkConfig::Mlp(tiny_mlp());
    let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
    let refusal = |shape: &[usize], times: usize, condition: &Condition| {
        let x = formula_normal("x", shape).unwrap();
        let t = formula_uniform("t", times).unwrap();
        network.forward(&x, &t, condition).unwrap_err().to_string()
    };
    let classes =
        |values: &[i64]| Condition::none().with_classes(Tensor::new(values, &Device::Cpu).unwrap());
    let two = classes(&[0, 1]);
    assert!(refusal(&[2, 1, 4, 5], 2, &two).contains("found x of shape [2, 1, 4, 5]"));
    assert!(refusal(&[], 1, &two).contains("a scalar"));
    assert!(refusal(&[2, 1, 4, 4], 1, &two).contains("t of shape [2], found t of shape [1]"));
    assert!(refusal(&[2, 1, 4, 4], 2, &Condition::none()).contains("found no classes"));
    assert!(refusal(&[2, 1, 4, 4], 2, &classes(&[0])).contains("classes of shape [2]"));
    assert!(refusal(&[2, 1, 4, 4], 2, &classes(&[0, 5])).contains("below 5, found class 5"));
    assert!(refusal(&[2, 1, 4, 4], 2, &classes(&[0, -1])).contains("found class -1"));

    let config = NetworkConfig::AdmUnet(tiny_unet());
    let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
    let (x, t) = (formula_normal("x", (2, 1, 4, 4)).unwrap(), formula_uniform("t", 2).unwrap());
    let message = network.forward(&x, &t, &two).unwrap_err().to_string();
    assert!(message.contains("expected no classes"), "{message}");
    // The same error, through the trait that samplers and losses see.
    let message = Conditioned::new(&*network, two).predict(&x, &t).unwrap_err().to_string();
    assert!(message.contains("expected no classes"), "{message}");
    assert!(Conditioned::new(&*network, Condition::none()).predict(&x, &t).is_ok());
}

#[test]
fn initial_values_have_pytorchs_distributions() {
    let mut unet = tiny_unet();
    (unet.class_cond, unet.num_classes) = (true, 100);
    let config = NetworkConfig::AdmUnet(unet);
    let stream = RandomStream::new(1, "initialise", 0);
    let parameters = config.initialise(&stream, &Device::Cpu).unwrap();
    let values = |name: &str| {
        let var = parameters.get(name).unwrap_or_else(|| panic!("no {name}"));
        var.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    // Uniform within 1/sqrt(fan-in): variance 1/(3 fan-in), largest close to the bound.
    for (name, fan_in) in [
        ("time_embed.2.weight", 128.0_f64),
        ("middle_block.0.in_layers.2.weight", 32.0 * 9.0),
        ("middle_block.1.qkv.weight", 32.0),
        ("input_blocks.0.0.weight", 9.0),
    ] {
        let v = values(name);
        let bound = fan_in.sqrt().recip();
        let largest = v.iter().fold(0.0_f64, |m, x| m.max(f64::from(x.abs())));
        assert!(largest <= bound && largest > 0.97 * bound, "{name}: {largest} of {bound}");
        let variance = v.iter().map(|x| f64::from(x * x)).sum::<f64>() / v.len() as f64;
        assert!((variance * 3.0 * fan_in - 1.0).abs() < 0.15, "{name}: variance {variance}");
    }
    let table = values("label_emb.weight");
    let variance = table.iter().map(|x| f64::from(x * x)).sum::<f64>() / table.len() as f64;
    assert!((variance - 1.0).abs() < 0.05, "label_emb.weight: variance {variance}");
    for (name, constant) in [
        ("middle_block.0.in_layers.0.weight", 1.0),
        ("middle_block.0.in_layers.0.bias", 0.0),
        ("middle_block.0.out_layers.3.weight", 0.0),
        ("middle_block.1.proj_out.weight", 0.0),
        ("out.2.weight", 0.0),
        ("out.2.bias", 0.0),
    ] {
        assert!(values(name).iter().all(|v| v.to_bits() == f32::to_bits(constant)), "{name}");
    }
}

#[test]
fn initial_values_depend_on_seed_and_name_alone() {
    let values = |config: &MlpConfig, seed| -> BTreeMap<String, Vec<f32>> {
        let stream = RandomStream::new(seed, "initialise", 0);
        let config = NetworkConfig::Mlp(config.clone());
        let parameters = config.initialise(&stream, &Device::Cpu).unwrap();
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        parameters.iter().map(|(n, v)| (n.to_owned(), flat(v))).collect()
    };
    let base = tiny_mlp();
    let larger = MlpConfig { blocks: 3, ..base.clone() };
    let (first, second, other) = (values(&base, 0), values(&larger, 0), values(&base, 1));
    for (name, v) in &first {
        assert_eq!(v, &second[name], "{name} depends on the other tensors");
        let constant = name.starts_with("output")
            || name.contains("second")
            || name.ends_with("bias") && !name.starts_with("cls_pred_branch");
        assert_eq!(*v == other[name], constant, "{name} and the seed");
    }
    assert_ne!(first["blocks.0.first.weight"], first["blocks.1.first.weight"]);
}
