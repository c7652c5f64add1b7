//! What an execution asks of a device.

use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, EdmPreconditioning, Execution, NetworkConfig, Precision};

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet, with};

/// Inputs that fit no network, so that whoever looks at them first says so.
#[test]
fn bf16_on_the_processor_is_refused_before_anything_is_computed() {
    let bf16 = Execution { precision: Precision::Bf16, ..Execution::default() };
    let denoiser = with(NetworkConfig::Mlp(tiny_mlp()), |options| {
        options.preconditioning = Some(EdmPreconditioning { sigma_data: 0.5 });
    });
    let mlp = NetworkConfig::Mlp(tiny_mlp());
    let x = Tensor::zeros((1, 7), DType::F32, &Device::Cpu).unwrap();
    let t = Tensor::zeros(3, DType::F32, &Device::Cpu).unwrap();
    for config in [NetworkConfig::AdmUnet(tiny_unet()), mlp.clone(), denoiser.clone()] {
        let parameters = formula_parameters(&config, DType::F32);
        let network = config.executed(bf16).build_frozen(&parameters).unwrap();
        let error = network.forward(&x, &t, &Condition::none()).unwrap_err().to_string();
        assert!(error.contains("expected x on a GPU"), "{error}");
        assert!(error.contains("Precision::Full") && error.contains("found x on Cpu"), "{error}");
    }
    for config in [mlp, denoiser] {
        let parameters = formula_parameters(&config, DType::F32);
        let network = config.executed(bf16).build_discriminator_trainable(&parameters).unwrap();
        let error = network.logits(&x, &t, &Condition::none()).unwrap_err().to_string();
        assert!(error.contains("expected x on a GPU"), "{error}");
    }
}
