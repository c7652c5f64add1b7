//! The class that stands for none, and guidance by it.

use crate::tiny::{formula_parameters, tiny_mlp, tiny_unet, with};
use candle_core::{DType, Device, Tensor};
use realuid_models::{Condition, Conditioned, Guided, Network, NetworkConfig, drop_classes};
use realuid_ops::RandomStream;
use realuid_paths::Field;
use realuid_testkit::{assert_close, assert_gradients, formula_normal, formula_uniform};

/// Class-conditional networks with a null class, a source end and noise.
fn cases() -> [NetworkConfig; 2] {
    let mut unet = tiny_unet();
    (unet.class_cond, unet.num_classes) = (true, 5);
    [NetworkConfig::AdmUnet(unet), NetworkConfig::Mlp(tiny_mlp())].map(|config| {
        with(config, |o| {
            (o.null_class, o.source_condition, o.noise_channels) = (true, true, 2);
        })
    })
}

fn classes(values: &[u32]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap()
}

fn condition(classes: Tensor) -> Condition {
    let batch = classes.dims()[0];
    Condition::none()
        .with_classes(classes)
        .with_source(formula_normal("source", (batch, 1, 4, 4)).unwrap())
        .with_noise(formula_normal("noise", (batch, 2, 4, 4)).unwrap())
}

#[test]
fn guidance_is_the_combination_of_two_evaluations() {
    for config in cases() {
        assert_eq!(config.null_class(), Some(5));
        let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
        let (x, t) = (formula_normal("x", (3, 1, 4, 4)).unwrap(), formula_uniform("t", 3).unwrap());
        let at = |c: Tensor| network.forward(&x, &t, &condition(c)).unwrap();
        let (with, without) = (at(classes(&[0, 4, 2])), at(classes(&[5, 5, 5])));
        let difference = (&with - &without).unwrap();
        for scale in [0.0, 1.0, 2.5, -0.5] {
            let guided = Guided::new(&*network, scale).unwrap();
            let field = Conditioned::new(&guided, condition(classes(&[0, 4, 2])));
            let expected = (&without + (&difference * scale).unwrap()).unwrap();
            assert_close(&field.predict(&x, &t).unwrap(), &expected, 1e-12);
        }
    }
}

#[test]
fn finite_differences_through_guidance() {
    for config in cases() {
        let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
        let guided = Guided::new(&*network, 1.8).unwrap();
        let t = formula_uniform("t", 1).unwrap();
        let field = Conditioned::new(&guided, condition(classes(&[3])));
        assert_gradients(&[&[1, 1, 4, 4]], |x| field.predict(&x[0], &t));
    }
}

#[test]
fn guidance_needs_a_null_class_and_classes() {
    let [_, config] = cases();
    let network = config.build_frozen(&formula_parameters(&config, DType::F64)).unwrap();
    let guided = Guided::new(&*network, 2.0).unwrap();
    let (x, t) = (formula_normal("x", (3, 1, 4, 4)).unwrap(), formula_uniform("t", 3).unwrap());
    let message = guided.forward(&x, &t, &Condition::none()).unwrap_err().to_string();
    assert!(message.contains("a class for every sample"), "{message}");
    assert!(Guided::new(&*network, f64::INFINITY).is_err());

    let plain = with(config, |o| o.null_class = false);
    assert_eq!(plain.null_class(), None);
    let network = plain.build_frozen(&formula_parameters(&plain, DType::F64)).unwrap();
    let message = Guided::new(&*network, 2.0).err().unwrap().to_string();
    assert!(message.contains("`null_class`: expected true"), "{message}");
    let message = network.forward(&x, &t, &condition(classes(&[0, 5, 1]))).unwrap_err().to_string();
    assert!(message.contains("below 5, found class 5"), "{message}");
}

#[test]
fn classes_are_dropped_with_their_probability() {
    const COUNT: usize = 20_000;
    let given = Tensor::from_vec(
        (0..COUNT as i64).map(|i| i % 10).collect::<Vec<_>>(),
        COUNT,
        &Device::Cpu,
    )
    .unwrap();
    let dropped = |probability, step| {
        let stream = RandomStream::new(2, "drop classes", step);
        drop_classes(&given, 10, probability, &stream).unwrap().to_vec1::<i64>().unwrap()
    };
    let given_values = given.to_vec1::<i64>().unwrap();
    assert_eq!(dropped(0.0, 0), given_values);
    assert!(dropped(1.0, 0).iter().all(|c| *c == 10));
    let some = dropped(0.1, 0);
    assert_eq!(some, dropped(0.1, 0));
    assert_ne!(some, dropped(0.1, 1));
    assert!(some.iter().zip(&given_values).all(|(found, given)| found == given || *found == 10));
    // The number dropped is binomial: 2,000 with deviation 42.
    let count = some.iter().filter(|c| **c == 10).count();
    assert!((1800..2200).contains(&count), "{count} of {COUNT} dropped");
    // What one probability drops a larger one drops too, for both compare the same uniform values.
    let more = dropped(0.3, 0);
    assert!(some.iter().zip(&more).all(|(some, more)| *some != 10 || *more == 10));
    for probability in [-0.1, 1.1, f64::NAN] {
        let stream = RandomStream::new(0, "drop classes", 0);
        assert!(drop_classes(&given, 10, probability, &stream).is_err());
    }
}
