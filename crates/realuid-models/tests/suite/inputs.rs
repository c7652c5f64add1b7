//! The source end and noise as further inputs of a network, and heads as further outputs.

use crate::tiny::{formula_parameters, tiny_unet, with};
use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, MlpConfig, NetworkConfig, widen_parameters};
use realuid_ops::Parameters;
use realuid_testkit::{assert_close, assert_gradients, formula_normal, formula_uniform};

const SHAPE: [usize; 4] = [2, 2, 4, 4];
const NOISE: [usize; 4] = [2, 3, 4, 4];

fn cases() -> [NetworkConfig; 2] {
    let mut unet = tiny_unet();
    unet.dim = [2, 4, 4];
    [NetworkConfig::Mlp(MlpConfig::new([2, 4, 4], 24, 1)), NetworkConfig::AdmUnet(unet)]
}

fn taking(config: &NetworkConfig, source: bool, noise: usize) -> NetworkConfig {
    with(config.clone(), |o| (o.source_condition, o.noise_channels) = (source, noise))
}

fn tensor(name: &str, shape: [usize; 4]) -> Tensor {
    formula_normal(name, shape.as_slice()).unwrap()
}

fn output(config: &NetworkConfig, parameters: &Parameters, condition: &Condition) -> Tensor {
    let t = formula_uniform("t", 2).unwrap();
    config.build_frozen(parameters).unwrap().forward(&tensor("x", SHAPE), &t, condition).unwrap()
}

fn input_weight(config: &NetworkConfig) -> &'static str {
    match config {
        NetworkConfig::Mlp(_) => "input.weight",
        NetworkConfig::AdmUnet(_) => "input_blocks.0.0.weight",
    }
}

/// The parameters of `wide`: `narrow` ones of `narrow_config`, the first layer's columns being
/// those of `narrow` at the block [`start`, `start` + 2) of channels, and zero elsewhere.
fn placed(narrow: &Parameters, name: &str, channels: usize, start: usize) -> Parameters {
    let mut tensors = narrow.tensors();
    let weight = tensors.remove(name).unwrap();
    let per_channel = weight.dim(1).unwrap() / 2;
    let weight = weight
        .pad_with_zeros(1, start * per_channel, (channels - start - 2) * per_channel)
        .unwrap();
    tensors.insert(name.to_owned(), weight);
    Parameters::from_tensors(&tensors).unwrap()
}

#[test]
fn inputs_are_joined_in_the_order_sample_source_noise() {
    for config in cases() {
        let (wide, narrow) = (taking(&config, true, 3), formula_parameters(&config, DType::F64));
        let name = input_weight(&config);
        let place = |start| placed(&narrow, name, 7, start);
        let (x, noise) = (tensor("x", SHAPE), tensor("noise", NOISE));
        let other = tensor("source", SHAPE);
        let condition = Condition::none().with_noise(noise);
        let expected = output(&config, &narrow, &Condition::none());
        let found = output(&wide, &place(0), &condition.clone().with_source(other.clone()));
        assert_close(&found, &expected, 1e-12);
        // The network looks at the source end, and then at the first two channels of the noise.
        let found = output(&wide, &place(2), &condition.with_source(x.clone()));
        assert_close(&found, &expected, 1e-12);
        let noise = Tensor::cat(&[&x, &tensor("rest", [2, 1, 4, 4])], 1).unwrap();
        let condition = Condition::none().with_source(other).with_noise(noise);
        assert_close(&output(&wide, &place(4), &condition), &expected, 1e-12);
    }
}

#[test]
fn finite_differences_for_every_input() {
    for config in cases() {
        let config = taking(&config, true, 3);
        let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
        let t = formula_uniform("t", 1).unwrap();
        assert_gradients(&[&[1, 2, 4, 4], &[1, 2, 4, 4], &[1, 3, 4, 4]], |inputs| {
            let condition =
                Condition::none().with_source(inputs[1].clone()).with_noise(inputs[2].clone());
            network.forward(&inputs[0], &t, &condition)
        });
    }
}

#[test]
fn a_widened_network_is_at_first_the_narrow_one() {
    for config in cases() {
        let parameters = formula_parameters(&config, DType::F64);
        let expected = output(&config, &parameters, &Condition::none());
        let source = Condition::none().with_source(tensor("source", SHAPE));
        let noise = Condition::none().with_noise(tensor("noise", NOISE));
        let both = source.clone().with_noise(tensor("noise", NOISE));

        let bridge = taking(&config, true, 0);
        let of_bridge = widen_parameters(&config, &parameters, &bridge).unwrap();
        assert_close(&output(&bridge, &of_bridge, &source), &expected, 1e-12);
        let noisy = taking(&config, false, 3);
        let of_noisy = widen_parameters(&config, &parameters, &noisy).unwrap();
        assert_close(&output(&noisy, &of_noisy, &noise), &expected, 1e-12);
        // A source end between sample and noise keeps what the noise's columns have learned.
        let wide = taking(&config, true, 3);
        let learned = formula_parameters(&noisy, DType::F64);
        let widened = widen_parameters(&noisy, &learned, &wide).unwrap();
        let expected = output(&noisy, &learned, &noise);
        assert_close(&output(&wide, &widened, &both), &expected, 1e-12);
    }
}

#[test]
fn a_generator_that_is_a_teacher_at_first_learns_to_use_its_noise() {
    let [config, _] = cases();
    let wide = taking(&config, false, 3);
    let parameters =
        widen_parameters(&config, &formula_parameters(&config, DType::F64), &wide).unwrap();
    let network = wide.build_trainable(&parameters).unwrap();
    let condition = Condition::none().with_noise(tensor("noise", NOISE));
    let t = formula_uniform("t", 2).unwrap();
    let loss = network.forward(&tensor("x", SHAPE), &t, &condition).unwrap().sum_all().unwrap();
    let gradients = loss.backward().unwrap();
    let gradient = gradients.get(parameters.get("input.weight").unwrap()).unwrap();
    let of_noise = gradient.narrow(1, 2 * 16, 3 * 16).unwrap().abs().unwrap();
    assert!(of_noise.min_all().unwrap().to_scalar::<f64>().unwrap() > 0.0);
}

#[test]
fn only_added_inputs_widen() {
    let [config, unet] = cases();
    let parameters = formula_parameters(&config, DType::F64);
    let noisy = taking(&config, false, 3);
    let of_noisy = formula_parameters(&noisy, DType::F64);
    let larger = NetworkConfig::Mlp(MlpConfig::new([2, 4, 4], 25, 1));
    for (narrow, parameters, wide) in [
        (&config, &parameters, &unet),
        (&config, &parameters, &larger),
        (&noisy, &of_noisy, &config),
        (&noisy, &of_noisy, &taking(&config, false, 2)),
    ] {
        let message = widen_parameters(narrow, parameters, wide).unwrap_err().to_string();
        assert!(message.contains("the same network with inputs added"), "{message}");
    }
    // Parameters of another network than `narrow` are refused with the list of what does not fit.
    let message = widen_parameters(&config, &of_noisy, &noisy).unwrap_err().to_string();
    let part = "misshapen input.weight: expected [24, 32], found [24, 80]";
    assert!(message.contains(part), "{message}");
}

#[test]
fn inputs_are_given_exactly_where_they_are_taken() {
    let source = || Condition::none().with_source(tensor("source", SHAPE));
    let noise = || Condition::none().with_noise(tensor("noise", NOISE));
    for config in cases() {
        let refusal = |config: &NetworkConfig, condition: Condition| {
            let parameters = formula_parameters(config, DType::F64);
            let network = config.build_frozen(&parameters).unwrap();
            let t = formula_uniform("t", 2).unwrap();
            network.forward(&tensor("x", SHAPE), &t, &condition).unwrap_err().to_string()
        };
        let plain = refusal(&config, source());
        assert!(plain.contains("no source in the condition: the option `source_cond"), "{plain}");
        let plain = refusal(&config, noise());
        assert!(plain.contains("found noise [2, 3, 4, 4]"), "{plain}");
        let bridge = taking(&config, true, 0);
        let missing = refusal(&bridge, Condition::none());
        assert!(missing.contains("expected source [2, 2, 4, 4]"), "{missing}");
        assert!(missing.contains("found no source"), "{missing}");
        let generator = taking(&config, true, 1);
        let wrong = refusal(&generator, noise().with_source(tensor("source", SHAPE)));
        assert!(wrong.contains("expected noise [2, 1, 4, 4]"), "{wrong}");
        assert_eq!(generator.noise_shape(), Some(vec![1, 4, 4]));
        assert_eq!(bridge.noise_shape(), None);
    }
}

#[test]
fn heads_lie_side_by_side_along_the_channels() {
    for config in cases() {
        let two = with(config.clone(), |o| o.heads = 2);
        let parameters = formula_parameters(&two, DType::F64);
        let both = output(&two, &parameters, &Condition::none());
        assert_eq!(both.dims(), [2, 4, 4, 4]);
        for (index, head) in both.chunk(2, 1).unwrap().iter().enumerate() {
            let mut tensors = parameters.tensors();
            for (name, tensor) in &mut tensors {
                if name.starts_with("output.") || name.starts_with("out.2.") {
                    *tensor = tensor.chunk(2, 0).unwrap()[index].clone();
                }
            }
            let one = Parameters::from_tensors(&tensors).unwrap();
            assert_close(head, &output(&config, &one, &Condition::none()), 1e-12);
        }
        let network = two.build_frozen(&parameters).unwrap();
        let t = formula_uniform("t", 1).unwrap();
        assert_gradients(&[&[1, 2, 4, 4]], |x| {
            let heads = network.forward(&x[0], &t, &Condition::none())?.chunk(2, 1)?;
            Ok::<_, realuid_models::Error>((&heads[0] * &heads[1])?)
        });
    }
}

#[test]
fn times_are_divided_by_their_unit() {
    for config in cases() {
        let steps = with(config.clone(), |o| o.time_unit = 1000.0);
        let parameters = formula_parameters(&config, DType::F64);
        let (config, steps) =
            (config.build_frozen(&parameters).unwrap(), steps.build_frozen(&parameters).unwrap());
        let x = tensor("x", SHAPE);
        let at = |t: [f64; 2]| Tensor::new(&t, &Device::Cpu).unwrap();
        let expected = config.forward(&x, &at([0.0, 0.999]), &Condition::none()).unwrap();
        let found = steps.forward(&x, &at([0.0, 999.0]), &Condition::none()).unwrap();
        assert_close(&found, &expected, 1e-12);
    }
}
