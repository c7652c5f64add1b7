//! Networks that keep the inputs of their blocks alone, against the same networks that keep all.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};
use realuid_models::{Condition, Discriminator, Execution, Network, NetworkConfig, Result};
use realuid_ops::{Gradients, Parameters, RandomStream};
use realuid_testkit::{formula_normal, formula_uniform};

use crate::tiny::{bits, formula_parameters, tiny_mlp, tiny_unet, with};

const CHECKPOINTED: Execution =
    Execution { checkpointing: true, precision: realuid_models::Precision::Full };

/// Networks of every kind of block, each with the condition it takes.
fn networks() -> Vec<(NetworkConfig, Condition)> {
    let classes =
        || Condition::none().with_classes(Tensor::new(&[3_u32, 0], &Device::Cpu).unwrap());
    let mut conditional = tiny_unet();
    conditional.class_cond = true;
    conditional.num_classes = 5;
    conditional.dropout = 0.3;
    let mut modulated = tiny_unet();
    modulated.use_scale_shift_norm = true;
    modulated.resblock_updown = true;
    modulated.use_new_attention_order = true;
    modulated.dropout = 0.3;
    let dropout = |condition: Condition| condition.with_dropout(RandomStream::new(7, "dropout", 0));
    vec![
        (NetworkConfig::AdmUnet(tiny_unet()), Condition::none()),
        (NetworkConfig::AdmUnet(conditional), dropout(classes())),
        (NetworkConfig::AdmUnet(modulated), dropout(Condition::none())),
        (NetworkConfig::Mlp(tiny_mlp()), classes()),
        (preconditioned(NetworkConfig::Mlp(tiny_mlp())), classes()),
    ]
}

fn preconditioned(config: NetworkConfig) -> NetworkConfig {
    with(config, |options| {
        options.preconditioning = Some(realuid_models::EdmPreconditioning { sigma_data: 0.5 });
    })
}

fn x() -> Var {
    let x = formula_normal("x", (2, 1, 4, 4)).unwrap().to_dtype(DType::F32).unwrap();
    Var::from_tensor(&x).unwrap()
}

/// Times of a batch.
fn t() -> Tensor {
    formula_uniform("t", 2).unwrap()
}

/// The result, the gradient of its input and, where the network is trainable, of its parameters.
fn pass(
    forward: impl Fn(&Tensor) -> Result<Tensor>,
    parameters: &Parameters,
) -> BTreeMap<String, Tensor> {
    let x = x();
    let y = forward(&x).unwrap();
    let gradients = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let mut found: BTreeMap<_, _> = parameters
        .iter()
        .filter_map(|(name, var)| Some((name.to_owned(), gradients.get(var)?.clone())))
        .collect();
    found.insert("x".into(), gradients.get(&x).unwrap().clone());
    found.insert("y".into(), y.detach());
    found
}

fn of_network(
    network: &dyn Network,
    parameters: &Parameters,
    condition: &Condition,
) -> BTreeMap<String, Tensor> {
    pass(|x| network.forward(x, &t(), condition), parameters)
}

#[test]
fn results_and_gradients_have_the_bits_of_a_network_that_keeps_all() {
    for (config, condition) in networks() {
        let parameters = formula_parameters(&config, DType::F32);
        let builder = config.executed(CHECKPOINTED);
        let (plain, checkpointed) = (
            of_network(&*config.build_trainable(&parameters).unwrap(), &parameters, &condition),
            of_network(&*builder.build_trainable(&parameters).unwrap(), &parameters, &condition),
        );
        assert!(plain.len() > 20, "the gradients of most parameters, {}", plain.len());
        assert_eq!(bits(&plain), bits(&checkpointed));

        // As on the generator's turn.
        let (plain, checkpointed) = (
            of_network(&*config.build_frozen(&parameters).unwrap(), &parameters, &condition),
            of_network(&*builder.build_frozen(&parameters).unwrap(), &parameters, &condition),
        );
        assert_eq!(plain.keys().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(bits(&plain), bits(&checkpointed));
    }
}

#[test]
fn so_have_discriminators() {
    let mut unet = tiny_unet();
    unet.dim = [1, 16, 16];
    unet.channel_mult = Some(vec![1.0, 2.0]);
    unet.attention_resolutions = "8".into();
    unet.adversarial_head = true;
    let unet = NetworkConfig::AdmUnet(unet);
    let classes = Tensor::new(&[3_u32, 0], &Device::Cpu).unwrap();
    for (config, condition, shape) in [
        (unet, Condition::none(), (2, 1, 16, 16)),
        (NetworkConfig::Mlp(tiny_mlp()), Condition::none().with_classes(classes), (2, 1, 4, 4)),
    ] {
        let parameters = formula_parameters(&config, DType::F32);
        let x = formula_normal("x", shape).unwrap().to_dtype(DType::F32).unwrap();
        let gradients = |network: Box<dyn Discriminator>| {
            let logits = network.logits(&x, &t(), &condition).unwrap();
            let gradients = Gradients::of(&logits.sqr().unwrap().sum_all().unwrap(), &parameters);
            let gradients = gradients.unwrap();
            let get = |(name, _): (&str, _)| (name.to_owned(), gradients.get(name).unwrap());
            bits(&parameters.iter().map(get).chain([("logits".to_owned(), logits)]).collect())
        };
        let plain = gradients(config.build_discriminator_trainable(&parameters).unwrap());
        let builder = config.executed(CHECKPOINTED);
        let checkpointed = builder.build_discriminator_trainable(&parameters).unwrap();
        assert_eq!(plain, gradients(checkpointed));
    }
}

/// What a block computes is not kept: the backward pass finds other values where a parameter has
/// changed in the meantime. One without checkpointing does not look.
#[test]
fn the_backward_pass_computes_every_block_again() {
    let blocks = [
        ("input_blocks.1.0.in_layers.2.bias", "input_blocks.1.0.out_layers.3.weight"),
        ("middle_block.1.qkv.bias", "middle_block.1.proj_out.weight"),
        ("output_blocks.3.0.in_layers.2.bias", "output_blocks.3.0.out_layers.3.weight"),
    ];
    let unet = NetworkConfig::AdmUnet(tiny_unet());
    let mlp = NetworkConfig::Mlp(tiny_mlp());
    let classes = Tensor::new(&[3_u32, 0], &Device::Cpu).unwrap();
    let classes = Condition::none().with_classes(classes);
    let unets = blocks.map(|(changed, read)| (&unet, Condition::none(), changed, read));
    let mlps = [(&mlp, classes, "blocks.1.first.bias", "blocks.1.second.weight")];
    for (config, condition, changed, read) in unets.into_iter().chain(mlps) {
        let gradient = |execution: Execution, change: f64| {
            let parameters = formula_parameters(config, DType::F32);
            let network = config.executed(execution).build_trainable(&parameters).unwrap();
            let loss = network.forward(&x(), &t(), &condition).unwrap().sum_all().unwrap();
            let bias = parameters.get(changed).unwrap();
            bias.set(&(bias.as_tensor() + change).unwrap()).unwrap();
            let gradient = Gradients::of(&loss, &parameters).unwrap().get(read).unwrap();
            bits(&[(read.to_owned(), gradient)].into())
        };
        let plain = gradient(Execution::default(), 0.0);
        assert_eq!(plain, gradient(Execution::default(), 1.0), "{read}");
        assert_eq!(plain, gradient(CHECKPOINTED, 0.0), "{read}");
        assert_ne!(plain, gradient(CHECKPOINTED, 1.0), "{read}");
    }
}

#[test]
fn a_checkpointed_network_is_differentiated_once() {
    let config = NetworkConfig::AdmUnet(tiny_unet());
    let parameters = formula_parameters(&config, DType::F32);
    let network = config.executed(CHECKPOINTED).build_trainable(&parameters).unwrap();
    let loss = network.forward(&x(), &t(), &Condition::none()).unwrap().sum_all().unwrap();
    Gradients::of(&loss, &parameters).unwrap();
    let error = Gradients::of(&loss, &parameters).unwrap_err().to_string();
    assert!(error.contains("run the forward pass again"), "{error}");
}
