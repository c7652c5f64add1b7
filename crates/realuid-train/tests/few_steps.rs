//! Generators of several steps: what they compute, what trains them, which numbers they draw.

use candle_core::{DType, Device, Tensor, Var};
use realuid_data::Batch;
use realuid_loss::RealUid;
use realuid_models::{Condition, Execution, Network, NetworkConfig};
use realuid_ops::{Gradients, Parameters, RandomStream};
use realuid_paths::TimeDistribution;
use realuid_train::config::{OptimizerConfig, PathConfig, SolverConfig};
use realuid_train::distill::{Draw, Draws, Setting};
use realuid_train::framework::{Framework, SourceEnd};
use realuid_train::learner::{Learner, LearnerConfig};
use realuid_train::model::{
    FewSteps, GeneratorInput, GeneratorTimes, Model, ModelCard, Role, SampleRequest, Samples,
};

/// Predicts the data slope x + t + noise, all of one value.
struct Line {
    slope: Tensor,
}

impl Network for Line {
    fn forward(
        &self,
        x: &Tensor,
        t: &Tensor,
        condition: &Condition,
    ) -> realuid_models::Result<Tensor> {
        let y = (x.broadcast_mul(&self.slope)? + t.reshape(x.shape())?)?;
        match &condition.noise {
            Some(noise) => Ok((y + noise)?),
            None => Ok(y),
        }
    }

    fn config(&self) -> NetworkConfig {
        perceptron("")
    }
}

/// A perceptron of one value with further `fields`.
fn perceptron(fields: &str) -> NetworkConfig {
    let fields =
        format!("architecture = \"mlp\"\ndata_shape = [1]\nhidden = 8\nblocks = 1\n{fields}");
    toml::from_str(&fields).unwrap()
}

/// Weights none of which are zero, as some of an untrained network are.
fn parameters(config: &NetworkConfig) -> Parameters {
    let shapes = config.parameter_shapes().unwrap();
    let tensors = shapes.iter().map(|(name, shape)| {
        let stream = RandomStream::new(1, name, 0);
        (name.clone(), stream.normal(shape.as_slice(), DType::F32, &Device::Cpu).unwrap())
    });
    Parameters::from_tensors(&tensors.collect()).unwrap()
}

fn framework(path: &str, source: SourceEnd) -> Framework {
    Framework::new(&path_config(path), source).unwrap()
}

fn path_config(path: &str) -> PathConfig {
    toml::from_str(path).unwrap()
}

/// One value for each item of a batch of one.
fn value(number: f64) -> Tensor {
    Tensor::new(&[[number]], &Device::Cpu).unwrap()
}

fn number(tensor: &Tensor) -> f64 {
    tensor.flatten_all().unwrap().get(0).unwrap().to_scalar().unwrap()
}

fn noise_input(source: f64) -> GeneratorInput {
    GeneratorInput { source: value(source), latent: None, noise: None }
}

#[test]
fn each_step_predicts_the_data_of_the_one_before_put_back_on_the_path() {
    let framework = framework("name = \"linear\"\nprediction = \"data\"", SourceEnd::Noise);
    let times = [0.0, 0.25, 0.75];
    let sources = [0.6, -1.1, 0.4];
    let slope = 0.7;
    let line = Line { slope: value(slope) };
    let inputs = sources.map(noise_input);
    // On the linear path the first point is its source.
    let mut data = slope * sources[0];
    for steps in 1..=3 {
        if steps > 1 {
            let t = times[steps - 1];
            data = slope * (t * data + (1.0 - t) * sources[steps - 1]) + t;
        }
        let generator = FewSteps { framework: &framework, times: &times };
        let found = generator.generate(&line, &inputs[..steps], None).unwrap();
        assert!((number(&found) - data).abs() < 1e-14, "{steps} steps: {found} is not {data}");
    }
}

#[test]
fn a_bridge_keeps_its_source_and_takes_fresh_latent_and_noise() {
    let framework = framework("name = \"brownian-bridge\"\nepsilon = 0.5", SourceEnd::Paired);
    let (slope, source, latent, noise) = (0.7, 0.6, [0.3, -0.8], [0.05, -0.02]);
    let input = |step: usize| GeneratorInput {
        source: value(source),
        latent: Some(value(latent[step])),
        noise: Some(value(noise[step])),
    };
    let generator = FewSteps { framework: &framework, times: &[1.0, 0.5] };
    let line = Line { slope: value(slope) };
    let found = generator.generate(&line, &[input(0), input(1)], None).unwrap();
    let first = slope * source + 1.0 + noise[0];
    let point = 0.5 * first + 0.5 * source + (0.5_f64 * 0.25).sqrt() * latent[1];
    let second = slope * point + 0.5 + noise[1];
    assert!((number(&found) - second).abs() < 1e-14, "{found} is not {second}");
}

#[test]
fn the_gradient_is_that_of_the_last_evaluation() {
    let framework = framework("name = \"linear\"\nprediction = \"data\"", SourceEnd::Noise);
    let generator = FewSteps { framework: &framework, times: &[0.0, 0.25] };
    let slope = Var::from_tensor(&value(0.7)).unwrap();
    let line = Line { slope: slope.as_tensor().clone() };
    let inputs = [0.6, -1.1].map(noise_input);
    let data = generator.generate(&line, &inputs, None).unwrap();
    let gradient = number(data.backward().unwrap().get(&slope).unwrap());
    // d(slope x + t) / d slope at the point x, which is held.
    let point = 0.25 * (0.7 * 0.6) + 0.75 * -1.1;
    assert!((gradient - point).abs() < 1e-14, "{gradient} is not {point}");
}

#[test]
fn a_trained_network_gets_the_gradient_of_the_drawn_step_alone() {
    let config = perceptron("");
    let parameters = parameters(&config);
    let path = "name = \"linear\"\nprediction = \"data\"";
    let setting = Setting {
        teacher: config.build_frozen(&parameters).unwrap(),
        guidance: None,
        framework: framework(path, SourceEnd::Noise),
        times: vec![0.0, 0.3, 0.6],
        aim: RealUid::uid().into(),
    };
    let optimizer: OptimizerConfig = toml::from_str("learning_rate = 1e-3").unwrap();
    let learner = LearnerConfig {
        kind: "generator",
        file: "model",
        network: &config,
        execution: Execution::default(),
        optimizer: &optimizer,
        total_updates: 1,
    };
    let learner = Learner::new(&learner, parameters).unwrap();
    let draws = Draws { generator_steps: 3, ..draws(config) };
    let draw = (0..100)
        .map(|step| draws.draw(&setting.framework, step, 0, None).unwrap())
        .find(|draw| draw.inputs.len() == 3)
        .unwrap();

    let generated = setting.generate_trainable(&learner, &draw).unwrap();
    let found = Gradients::of(&generated.sqr().unwrap().sum_all().unwrap(), learner.parameters());
    let until = Draw { inputs: draw.inputs[..2].to_vec(), ..draw.clone() };
    let held = setting.generate(learner.frozen(), &until).unwrap();
    let t = Tensor::full(0.6_f32, 4, &Device::Cpu).unwrap();
    let x = setting.framework.point(&held, &draw.inputs[2], &t).unwrap();
    let last = learner.trainable().forward(&x, &t, &Condition::none()).unwrap();
    let expected = Gradients::of(&last.sqr().unwrap().sum_all().unwrap(), learner.parameters());
    let norm = |gradients: Gradients| gradients.norm().unwrap();
    let (found, expected) = (norm(found.unwrap()), norm(expected.unwrap()));
    assert!(expected > 1e-3 && found.to_bits() == expected.to_bits(), "{found} is not {expected}");
}

/// Draws of a batch of four for a generator of one step.
fn draws(network: NetworkConfig) -> Draws {
    Draws {
        seed: 5,
        batch_size: 4,
        times: TimeDistribution::uniform(0.0, 1.0).unwrap(),
        critic_times: None,
        generator_steps: 1,
        network,
        device: Device::Cpu,
    }
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn steps_are_drawn_alike_and_the_first_draws_as_a_generator_of_one_step() {
    let framework = framework("name = \"linear\"", SourceEnd::Noise);
    let one = draws(perceptron(""));
    let four = Draws { generator_steps: 4, ..draws(perceptron("")) };
    let mut drawn = [0; 4];
    for step in 0..400 {
        let (one, draw) =
            (one.draw(&framework, step, 1, None), four.draw(&framework, step, 1, None));
        let (one, draw) = (one.unwrap(), draw.unwrap());
        drawn[draw.inputs.len() - 1] += 1;
        assert_eq!(one.inputs.len(), 1);
        for (a, b) in [
            (&one.inputs[0].source, &draw.inputs[0].source),
            (&one.source, &draw.source),
            (&one.t, &draw.t),
        ] {
            assert_eq!(values(a), values(b));
        }
        for pair in draw.inputs.windows(2) {
            assert_ne!(values(&pair[0].source), values(&pair[1].source));
        }
    }
    // Four standard deviations of a share of one in four, sqrt(400 3 / 16) = 8.7, around 100.
    assert!(drawn.iter().all(|count| (65..=135).contains(count)), "{drawn:?}");
}

#[test]
fn pairs_stay_together_and_independent_sources_are_dealt_anew_in_each_step() {
    let bridge = "name = \"brownian-bridge\"";
    let source = Tensor::new(&[[0.0_f32], [1.0], [2.0], [3.0]], &Device::Cpu).unwrap();
    let data = source.zeros_like().unwrap();
    let batch = Batch { index: 0, data, source: Some(source), classes: None };
    let draws = Draws { generator_steps: 3, ..draws(perceptron("noise_channels = 1")) };
    let last_step = |end| {
        let framework = framework(bridge, end);
        let draw = |step| draws.draw(&framework, step, 0, Some(&batch)).unwrap();
        (0..100).map(draw).find(|draw| draw.inputs.len() == 3).unwrap()
    };

    let draw = last_step(SourceEnd::Paired);
    for input in &draw.inputs {
        assert_eq!(values(&input.source), [0.0, 1.0, 2.0, 3.0]);
    }
    for pair in draw.inputs.windows(2) {
        let latent = |input: &GeneratorInput| values(input.latent.as_ref().unwrap());
        let noise = |input: &GeneratorInput| values(input.noise.as_ref().unwrap());
        assert_ne!(latent(&pair[0]), latent(&pair[1]));
        assert_ne!(noise(&pair[0]), noise(&pair[1]));
    }

    // The first item meets four different sources: in three steps and in its branch.
    let draw = last_step(SourceEnd::Independent);
    let sources = draw.inputs.iter().map(|input| &input.source).chain([&draw.source]);
    let mut met: Vec<f32> = sources.map(|source| values(source)[0]).collect();
    met.sort_by(f32::total_cmp);
    assert_eq!(met, [0.0, 1.0, 2.0, 3.0]);
}

/// A generator of the same untrained weights whatever its times.
fn model(path: &str, source: SourceEnd, network: &str, times: &[f64]) -> Model {
    let config = perceptron(network);
    let card = ModelCard {
        format: ModelCard::FORMAT,
        role: Role::Generator { times: times.to_vec() },
        path: path_config(path),
        source,
        weights: "model".into(),
        data: "none".into(),
    };
    Model::new(card, &config, &parameters(&config), Execution::default()).unwrap()
}

fn sample(
    model: &Model,
    times: &GeneratorTimes,
    batch_size: usize,
) -> realuid_train::Result<Samples> {
    let sources = RandomStream::new(8, "sources", 0).normal((5, 1), DType::F32, &Device::Cpu)?;
    let request = SampleRequest {
        stream: RandomStream::new(7, "sample", 0),
        count: 5,
        batch_size,
        solver: &SolverConfig::default(),
        times,
        sources: Some(sources),
        guidance: None,
        class: None,
    };
    model.sample(&request, &Device::Cpu)
}

#[test]
fn fewer_steps_are_a_prefix_and_samples_do_not_depend_on_the_batch() {
    for (path, source, network) in [
        ("name = \"linear\"\nprediction = \"data\"", SourceEnd::Noise, ""),
        ("name = \"brownian-bridge\"", SourceEnd::Paired, "noise_channels = 1"),
        ("name = \"brownian-bridge\"", SourceEnd::Independent, "source_condition = true"),
    ] {
        let times = if path.contains("linear") { [0.0, 0.3, 0.6] } else { [1.0, 0.6, 0.3] };
        let model = |times: &[f64]| model(path, source, network, times);
        let three = model(&times);
        let all = GeneratorTimes::All;
        for steps in 1..=3 {
            let expected = sample(&model(&times[..steps]), &all, 5).unwrap();
            assert_eq!(expected.evaluations, steps);
            let at = GeneratorTimes::At(times[..steps].to_vec());
            for (asked, batch_size) in [(GeneratorTimes::First(steps), 5), (at, 2)] {
                let found = sample(&three, &asked, batch_size).unwrap();
                assert_eq!(found.evaluations, steps);
                assert_eq!(values(&found.data), values(&expected.data), "{path}, {asked:?}");
            }
        }
        let [one, two] = [1, 2].map(|n| sample(&three, &GeneratorTimes::First(n), 5).unwrap());
        assert_ne!(values(&one.data), values(&two.data));
    }
}

#[test]
fn times_that_a_generator_does_not_have_are_refused() {
    let model = model("name = \"linear\"", SourceEnd::Noise, "", &[0.0, 0.5]);
    for (times, expected) in [
        (GeneratorTimes::First(3), "distil with more"),
        (GeneratorTimes::First(0), "1 to 2"),
        (GeneratorTimes::At(vec![]), "one time or several"),
        (GeneratorTimes::At(vec![0.5, 0.2]), "nearer to the data"),
        (GeneratorTimes::At(vec![0.0, 1.0]), "nothing of the source is left"),
        (GeneratorTimes::At(vec![f64::NAN]), "found NaN"),
    ] {
        let complaint = sample(&model, &times, 5).map(|_| ()).unwrap_err().to_string();
        assert!(complaint.contains(expected), "{times:?}: {complaint}");
    }
}
