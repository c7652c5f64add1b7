//! Strict filling, saving and loading.

use std::collections::BTreeMap;

use crate::tiny::{bits, formula_parameters, tiny_mlp, tiny_unet};
use candle_core::{DType, Device, Tensor};
use realuid_models::{
    AdmUnetConfig, NetworkConfig, load_metadata, load_model, load_tensors, save_model, save_tensors,
};
use realuid_ops::{Parameters, RandomStream};

#[test]
fn every_tensor_that_does_not_fit_is_listed() {
    let config = NetworkConfig::AdmUnet(tiny_unet());
    let mut tensors = formula_parameters(&config, DType::F32).tensors();
    let zeros = |shape: &[usize], dtype| Tensor::zeros(shape, dtype, &Device::Cpu).unwrap();
    tensors.remove("out.2.bias");
    tensors.remove("time_embed.0.weight");
    tensors.insert("label_emb.weight".into(), zeros(&[10, 128], DType::F32));
    tensors.insert("input_blocks.0.0.weight".into(), zeros(&[32, 3, 3, 3], DType::F32));
    tensors.insert("out.0.bias".into(), zeros(&[32], DType::F64));
    let error = config.build_trainable(&Parameters::from_tensors(&tensors).unwrap());
    let message = error.err().expect("five tensors do not fit").to_string();
    for part in [
        "5 do not fit",
        "missing out.2.bias [1]",
        "missing time_embed.0.weight [128, 32]",
        "unexpected label_emb.weight [10, 128]",
        "misshapen input_blocks.0.0.weight: expected [32, 1, 3, 3], found [32, 3, 3, 3]",
        "mistyped out.0.bias: expected f32 or f64, the same in all tensors, found F64",
    ] {
        assert!(message.contains(part), "{part:?} is not in:\n{message}");
    }
}

#[test]
fn a_model_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for config in [NetworkConfig::AdmUnet(tiny_unet()), NetworkConfig::Mlp(tiny_mlp())] {
        let stream = RandomStream::new(3, "initialise", 0);
        let parameters = config.initialise(&stream, &Device::Cpu).unwrap();
        save_model(folder.path(), &config, &parameters).unwrap();
        let (config_back, parameters_back) = load_model(folder.path(), &Device::Cpu).unwrap();
        assert_eq!(config_back, config);
        assert_eq!(bits(&parameters_back.tensors()), bits(&parameters.tensors()));
    }
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["config.json", "model.safetensors"], "no temporary file is left");
}

#[test]
fn a_model_is_loaded_strictly() {
    let folder = tempfile::tempdir().unwrap();
    let config = NetworkConfig::Mlp(tiny_mlp());
    save_model(folder.path(), &config, &formula_parameters(&config, DType::F32)).unwrap();
    let file = folder.path().join("config.json");
    let text = std::fs::read_to_string(&file).unwrap();

    std::fs::write(&file, text.replace("\"blocks\": 2", "\"blocks\": 1")).unwrap();
    let message = load_model(folder.path(), &Device::Cpu).unwrap_err().to_string();
    assert!(message.contains("unexpected blocks.1.first.weight"), "{message}");

    std::fs::write(&file, text.replace("\"blocks\"", "\"block\"")).unwrap();
    let message = load_model(folder.path(), &Device::Cpu).unwrap_err().to_string();
    assert!(
        message.contains("config.json") && message.contains("unknown field `block`"),
        "{message}"
    );

    std::fs::write(&file, text.replace("mlp", "mlpp")).unwrap();
    let message = load_model(folder.path(), &Device::Cpu).unwrap_err().to_string();
    assert!(message.contains("unknown variant `mlpp`"), "{message}");
}

#[test]
fn a_parameter_of_another_network_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let parameters = formula_parameters(&NetworkConfig::Mlp(tiny_mlp()), DType::F32);
    let config = NetworkConfig::AdmUnet(tiny_unet());
    assert!(save_model(folder.path().join("model"), &config, &parameters).is_err());
    assert!(!folder.path().join("model").exists());
}

#[test]
fn tensors_and_metadata_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let cpu = &Device::Cpu;
    let tensors = BTreeMap::from([
        ("bytes".to_owned(), Tensor::new(&[1_u8, 2, 3], cpu).unwrap()),
        ("doubles".to_owned(), Tensor::new(&[[0.1_f64], [-0.0]], cpu).unwrap()),
        ("empty".to_owned(), Tensor::zeros((0, 4), DType::F32, cpu).unwrap()),
        ("scalar".to_owned(), Tensor::new(7_i64, cpu).unwrap()),
        ("transposed".to_owned(), Tensor::new(&[[1_f32, 2.], [3., 4.]], cpu).unwrap().t().unwrap()),
    ]);
    let metadata: BTreeMap<String, String> =
        (0..20).map(|i| (format!("key {i}"), format!("\"value\"\n{i}"))).collect();
    save_tensors(&path, &tensors, &metadata).unwrap();
    let first = std::fs::read(&path).unwrap();
    assert_eq!(load_metadata(&path).unwrap(), metadata);
    let back = load_tensors(&path, cpu).unwrap();
    for (name, tensor) in &tensors {
        assert_eq!(back[name].dtype(), tensor.dtype());
        assert_eq!(back[name].dims(), tensor.dims());
        assert_eq!(format!("{}", back[name]), format!("{tensor}"), "{name}");
    }
    assert_eq!(back.len(), tensors.len());
    save_tensors(&path, &back, &metadata).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), first, "the same content gives the same bytes");
}

#[test]
fn damaged_files_are_refused_with_their_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let tensors = formula_parameters(&NetworkConfig::Mlp(tiny_mlp()), DType::F32).tensors();
    save_tensors(&path, &tensors, &BTreeMap::new()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut header_length = whole.clone();
    header_length[6] = 0xFF;
    let cut = |n: usize| whole[..n].to_vec();
    for damaged in [cut(0), cut(5), cut(100), cut(whole.len() - 1), header_length] {
        std::fs::write(&path, &damaged).unwrap();
        let message = load_tensors(&path, &Device::Cpu).unwrap_err().to_string();
        assert!(
            message.contains("model.safetensors") && message.contains("cut short or damaged"),
            "{message}"
        );
        assert!(load_metadata(&path).is_err());
    }
    let missing = load_tensors(folder.path().join("none"), &Device::Cpu).unwrap_err().to_string();
    assert!(missing.starts_with("reading") && missing.contains("none"), "{missing}");
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("inside"), "kept").unwrap();
    let error = save_tensors(&path, &BTreeMap::new(), &BTreeMap::new()).unwrap_err().to_string();
    assert!(error.starts_with("writing"), "{error}");
    assert_eq!(std::fs::read_to_string(path.join("inside")).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a temporary file is left");
}

#[test]
fn parameter_count_of_the_published_cifar_network() {
    // torchcfm's CIFAR-10 network: 35,746,307 parameters in 304 tensors.
    let mut config = AdmUnetConfig::new([3, 32, 32], 128, 2);
    config.num_heads = 4;
    config.num_head_channels = 64;
    let shapes = NetworkConfig::AdmUnet(config).parameter_shapes().unwrap();
    let count: usize = shapes.values().map(|s| s.iter().product::<usize>()).sum();
    assert_eq!((shapes.len(), count), (304, 35_746_307));
}
