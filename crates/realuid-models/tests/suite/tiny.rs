//! Networks small enough for a test, on formula parameters.

use std::collections::BTreeMap;

use candle_core::{DType, Tensor};
use realuid_models::{AdmUnetConfig, MlpConfig, NetworkConfig, NetworkOptions};
use realuid_ops::Parameters;
use realuid_testkit::formula_parameter;

/// A UNet for 1 x 4 x 4 images with two resolutions and attention at both.
pub fn tiny_unet() -> AdmUnetConfig {
    let mut config = AdmUnetConfig::new([1, 4, 4], 32, 1);
    config.channel_mult = Some(vec![1.0, 1.0]);
    config.attention_resolutions = "4,2".into();
    config.num_heads = 2;
    config
}

/// A class-conditional perceptron for 1 x 4 x 4 images, with its adversarial head.
pub fn tiny_mlp() -> MlpConfig {
    MlpConfig {
        time_features: 8,
        num_classes: Some(5),
        adversarial_head: true,
        ..MlpConfig::new([1, 4, 4], 24, 2)
    }
}

/// The network with its options changed.
pub fn with(config: NetworkConfig, change: impl FnOnce(&mut NetworkOptions)) -> NetworkConfig {
    let mut options = config.options();
    change(&mut options);
    config.with_options(options)
}

/// Shape and exact values of tensors in f32.
pub fn bits(tensors: &BTreeMap<String, Tensor>) -> BTreeMap<String, (Vec<usize>, Vec<u32>)> {
    let values = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let bits = |t: &Tensor| values(t).into_iter().map(f32::to_bits).collect();
    tensors.iter().map(|(n, t)| (n.clone(), (t.dims().to_vec(), bits(t)))).collect()
}

/// The formula tensor of every parameter's name, in `dtype`.
pub fn formula_parameters(config: &NetworkConfig, dtype: DType) -> Parameters {
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let values = formula_parameter(&name, &name, &shape).unwrap().to_dtype(dtype).unwrap();
        (name, values)
    };
    let tensors: BTreeMap<String, Tensor> =
        config.parameter_shapes().unwrap().into_iter().map(tensor).collect();
    Parameters::from_tensors(&tensors).unwrap()
}
