//! The denoiser that preconditioning makes of a network, against table 1 of arXiv 2206.00364.

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet, with};
use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, EdmPreconditioning, Network, NetworkConfig};
use realuid_testkit::{assert_close, assert_gradients, formula_normal};

const SIGMA_DATA: f64 = 0.7;
const SIGMAS: [f64; 4] = [0.002, 0.3, 1.0, 80.0];

fn preconditioned(config: NetworkConfig) -> NetworkConfig {
    with(config, |o| o.preconditioning = Some(EdmPreconditioning { sigma_data: SIGMA_DATA }))
}

fn cases() -> [(NetworkConfig, Condition); 2] {
    let classes = Tensor::new(&[3_u32, 0, 4, 1], &Device::Cpu).unwrap();
    [
        (NetworkConfig::AdmUnet(tiny_unet()), Condition::none()),
        (NetworkConfig::Mlp(tiny_mlp()), Condition::none().with_classes(classes)),
    ]
}

/// A value of each item, [B, 1, 1, 1].
fn per_item(values: impl Iterator<Item = f64>) -> Tensor {
    let values: Vec<f64> = values.collect();
    let count = values.len();
    Tensor::from_vec(values, (count, 1, 1, 1), &Device::Cpu).unwrap()
}

/// D(x; sigma) of table 1, from the bare network.
fn denoiser(bare: &dyn Network, x: &Tensor, condition: &Condition) -> Tensor {
    let root = |s: f64| (s * s + SIGMA_DATA * SIGMA_DATA).sqrt();
    let skip = per_item(SIGMAS.iter().map(|s| (SIGMA_DATA / root(*s)).powi(2)));
    let out = per_item(SIGMAS.iter().map(|s| s * SIGMA_DATA / root(*s)));
    let input = per_item(SIGMAS.iter().map(|s| root(*s).recip()));
    let noise = Tensor::new(SIGMAS.map(|s| s.ln() / 4.0).as_slice(), &Device::Cpu).unwrap();
    let inner = bare.forward(&x.broadcast_mul(&input).unwrap(), &noise, condition).unwrap();
    (x.broadcast_mul(&skip).unwrap() + inner.broadcast_mul(&out).unwrap()).unwrap()
}

#[test]
fn the_network_is_the_denoiser_of_table_1() {
    for (config, condition) in cases() {
        let parameters = formula_parameters(&config, DType::F64);
        let bare = config.build_frozen(&parameters).unwrap();
        let config = preconditioned(config);
        let x = (formula_normal("x", (4, 1, 4, 4)).unwrap() * 20.0).unwrap();
        let sigma = Tensor::new(&SIGMAS, &Device::Cpu).unwrap();
        let expected = denoiser(&*bare, &x, &condition);
        for network in [
            config.build_frozen(&parameters).unwrap(),
            config.build_trainable(&parameters).unwrap(),
        ] {
            assert_eq!(network.config(), config);
            assert_close(&network.forward(&x, &sigma, &condition).unwrap(), &expected, 1e-12);
        }
    }
}

#[test]
fn without_noise_the_denoiser_is_the_identity() {
    for dtype in [DType::F32, DType::F64] {
        for (config, condition) in cases() {
            let network = preconditioned(config.clone())
                .build_frozen(&formula_parameters(&config, dtype))
                .unwrap();
            let x = formula_normal("x", (4, 1, 4, 4)).unwrap().to_dtype(dtype).unwrap();
            let sigma = Tensor::zeros(4, DType::F64, &Device::Cpu).unwrap();
            assert_close(&network.forward(&x, &sigma, &condition).unwrap(), &x, 1e-7);
        }
    }
}

#[test]
fn finite_differences_of_denoisers() {
    let config = preconditioned(NetworkConfig::AdmUnet(tiny_unet()));
    let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
    let sigma = Tensor::new(&[0.4], &Device::Cpu).unwrap();
    assert_gradients(&[&[1, 1, 4, 4]], |x| network.forward(&x[0], &sigma, &Condition::none()));

    let config = preconditioned(NetworkConfig::Mlp(tiny_mlp()));
    let parameters = formula_parameters(&config, DType::F64);
    let network = config.build_frozen(&parameters).unwrap();
    let head = config.build_discriminator_frozen(&parameters).unwrap();
    let classes = Condition::none().with_classes(Tensor::new(&[3_u32], &Device::Cpu).unwrap());
    assert_gradients(&[&[1, 1, 4, 4]], |x| network.forward(&x[0], &sigma, &classes));
    assert_gradients(&[&[1, 1, 4, 4]], |x| head.logits(&x[0], &sigma, &classes));
}

#[test]
fn the_discriminator_sees_the_scaled_point() {
    let [_, (config, condition)] = cases();
    let parameters = formula_parameters(&config, DType::F64);
    let bare = config.build_discriminator_frozen(&parameters).unwrap();
    let head = preconditioned(config).build_discriminator_trainable(&parameters).unwrap();
    let x = formula_normal("x", (4, 1, 4, 4)).unwrap();
    let input = per_item(SIGMAS.iter().map(|s| (s * s + SIGMA_DATA * SIGMA_DATA).sqrt().recip()));
    let noise = Tensor::new(SIGMAS.map(|s| s.ln() / 4.0).as_slice(), &Device::Cpu).unwrap();
    let expected = bare.logits(&x.broadcast_mul(&input).unwrap(), &noise, &condition).unwrap();
    let sigma = Tensor::new(&SIGMAS, &Device::Cpu).unwrap();
    assert_close(&head.logits(&x, &sigma, &condition).unwrap(), &expected, 1e-12);
}
