//! Every framework from data to a generator: a teacher learns, its student samples.

mod common;

use common::{Workshop, words};

/// What a recipe needs besides the common one.
struct Framework {
    /// `teacher.path`, with the options of the network if it needs any.
    settings: &'static [&'static str],
    /// Data with what the path needs at its source end.
    data: &'static str,
}

const NOISE: &str = "toy:8-gaussians?len=2000";
const PAIRS: &str = "toy:8-gaussians?len=2000&source=rotate&degrees=45&std=0.1";
const OTHER: &str = "toy:8-gaussians?len=2000&source=moons";

const FRAMEWORKS: &[Framework] = &[
    Framework { settings: &["teacher.path.name=linear"], data: NOISE },
    Framework { settings: &["teacher.path.name=linear"], data: OTHER },
    Framework { settings: &["teacher.path.name=linear", "teacher.path.prediction=v"], data: NOISE },
    Framework { settings: &["teacher.path.name=gvp"], data: NOISE },
    Framework { settings: &["teacher.path.name=vp-linear"], data: NOISE },
    Framework { settings: &["teacher.path.name=cosine"], data: NOISE },
    Framework {
        settings: &["teacher.path.name=ddpm-linear", "teacher.network.time_unit=1000"],
        data: NOISE,
    },
    Framework {
        settings: &["teacher.path.name=ddpm-cosine", "teacher.network.time_unit=1000"],
        data: NOISE,
    },
    Framework {
        settings: &[
            "teacher.path.name=variance-exploding",
            "teacher.network.preconditioning.sigma_data=1.0",
            "teacher.weight.name=edm",
            "teacher.weight.sigma_data=1.0",
            "distill.objective.preset=sid",
        ],
        data: NOISE,
    },
    Framework { settings: &["teacher.path.name=brownian-bridge"], data: PAIRS },
    Framework {
        settings: &[
            "teacher.path.name=brownian-bridge",
            "teacher.network.source_condition=true",
            "distill.generator.noise_channels=2",
            "distill.objective.preset=ibmd",
        ],
        data: PAIRS,
    },
    Framework { settings: &["teacher.path.name=i2sb"], data: PAIRS },
    Framework { settings: &["teacher.path.name=ddbm-vp"], data: PAIRS },
    Framework {
        settings: &["teacher.path.name=ddbm-ve", "teacher.path.sigma_max=1.0"],
        data: PAIRS,
    },
    Framework {
        settings: &["teacher.path.name=stochastic-interpolant", "teacher.path.prediction=data"],
        data: OTHER,
    },
    Framework {
        settings: &["teacher.path.name=linear", "distill.generator.times=[0.0,0.5]"],
        data: NOISE,
    },
    Framework {
        settings: &["teacher.path.name=linear", "distill.generator.times=[0.0,0.5]"],
        data: OTHER,
    },
    Framework {
        settings: &[
            "teacher.path.name=variance-exploding",
            "teacher.network.preconditioning.sigma_data=1.0",
            "teacher.weight.name=edm",
            "teacher.weight.sigma_data=1.0",
            "distill.generator.times=[2.5,0.8,0.3]",
        ],
        data: NOISE,
    },
    Framework {
        settings: &[
            "teacher.path.name=brownian-bridge",
            "teacher.network.source_condition=true",
            "distill.generator.noise_channels=2",
            "distill.generator.times=[1.0,0.5]",
        ],
        data: PAIRS,
    },
    // The velocity leaves the ends open; with the latent beside it they follow. The rate of the first
    // gamma is infinite at the ends, that of the others is not.
    Framework { settings: &VELOCITY_AND_LATENT, data: OTHER },
    Framework {
        settings: &[
            VELOCITY_AND_LATENT[0],
            VELOCITY_AND_LATENT[1],
            VELOCITY_AND_LATENT[2],
            "teacher.path.gamma=sin^2(pi t)",
            "distill.objective.prediction=data",
            "distill.generator.times=[0.0,0.5]",
        ],
        data: OTHER,
    },
    Framework {
        settings: &[
            VELOCITY_AND_LATENT[0],
            VELOCITY_AND_LATENT[1],
            VELOCITY_AND_LATENT[2],
            "teacher.path.gamma=t (1 - t)",
            "distill.objective.preset=correction",
        ],
        data: NOISE,
    },
];

const VELOCITY_AND_LATENT: [&str; 3] = [
    "teacher.path.name=stochastic-interpolant",
    "teacher.path.prediction=[\"velocity\", \"latent\"]",
    "teacher.network.heads=2",
];

/// Evaluations of the generator of `framework`, one for each of its times.
fn evaluations(framework: &Framework) -> usize {
    let times = framework.settings.iter().find(|setting| setting.contains("generator.times"));
    times.map_or(1, |times| times.split(',').count())
}

/// The arguments of the framework for a training command.
fn settings(framework: &Framework) -> Vec<String> {
    let common = [
        "teacher.train.steps=200",
        "teacher.train.batch_size=64",
        "teacher.network.hidden=32",
        "distill.train.steps=24",
        "teacher.output.log.every=20",
        "teacher.output.samples.every=0",
        "teacher.output.checkpoints.every=100",
        "teacher.output.evaluation.every=0",
    ];
    let data = format!("data.uri={}", framework.data);
    let all = common.iter().chain(framework.settings).map(|setting| (*setting).to_owned());
    all.chain([data]).flat_map(|setting| ["--set".to_owned(), setting]).collect()
}

#[test]
fn every_framework_leads_from_data_to_a_generator() {
    for (index, framework) in FRAMEWORKS.iter().enumerate() {
        let workshop = Workshop::new();
        let settings = settings(framework);
        let run = |command: &str| {
            let mut arguments = words(command);
            arguments.extend(settings.iter().map(String::as_str));
            workshop.succeed(&arguments);
        };
        run("teacher --config recipe.toml --out teacher");
        run("distill --config recipe.toml --teacher teacher --out student");

        let report = evaluate(&workshop, "teacher --steps 20", framework);
        let distance = report["sliced_wasserstein"].as_f64().unwrap();
        // Far off where the way from source to data is not the one that was learned.
        assert!(distance < 0.6, "{index}: the teacher is {distance} from the data");
        assert!(report["evaluations"].as_u64().unwrap() >= 20, "{index}: {report}");
        let report = evaluate(&workshop, "student", framework);
        let distance = report["sliced_wasserstein"].as_f64().unwrap();
        assert!(distance < 1.2, "{index}: the student is {distance} from the data");
        assert_eq!(report["evaluations"], evaluations(framework), "{index}");
    }
}

#[test]
fn what_does_not_fit_the_framework_is_refused_before_there_is_a_run() {
    let workshop = Workshop::new();
    let pairs = format!("data.uri={PAIRS}");
    let teacher = "teacher --config recipe.toml --out refused";
    let bridge = ["teacher.path.name=i2sb", &pairs, "teacher.output.evaluation.data=toy:moons"];
    for (changes, expected) in [
        (&["teacher.network.source_condition=true"][..], "teacher.network.source_condition"),
        (&["teacher.network.preconditioning.sigma_data=1.0"], "teacher.network.preconditioning"),
        (&["teacher.network.noise_channels=1"], "teacher.network.noise_channels"),
        (&["teacher.class_dropout=0.1"], "teacher.class_dropout"),
        (&["teacher.weight.name=min-snr", "teacher.weight.limit=-1.0"], "limit"),
        (&["teacher.output.evaluation.solver.name=edm"], "noise levels"),
        (&["teacher.output.evaluation.solver.name=bridge"], "expected a bridge"),
        (&bridge, "output.evaluation.data"),
        (
            &["teacher.weight.name=snr", "teacher.time.distribution=uniform"],
            "configuration teacher.time",
        ),
    ] {
        refused(&workshop, teacher, changes, expected);
    }

    let other = format!("data.uri={OTHER}");
    workshop.succeed(&words(&format!("teacher --config recipe.toml --out other --set {other}")));
    let few = [other.as_str(), "distill.generator.times=[0.0,0.5]", "distill.train.batch_size=2"];
    let distill = "distill --config recipe.toml --teacher other --out refused";
    refused(&workshop, distill, &few, "distill.train.batch_size");

    workshop.succeed(&words("teacher --config recipe.toml --out teacher"));
    let distill = "distill --config recipe.toml --teacher teacher --out refused";
    for (changes, expected) in [
        (&[pairs.as_str()][..], "source of the data"),
        (&["distill.objective.prediction=latent"], "distill.objective.prediction"),
        (&["distill.guidance=2.0"], "null class"),
        (&["distill.generator.times=[1.0]"], "nothing of the source is left"),
        (&["distill.generator.times=[0.5,0.2]"], "nearer to the data"),
        (&["distill.generator.times=[]"], "distill.generator.times"),
        (
            &["distill.weight.name=snr", "distill.time.distribution=uniform"],
            "configuration distill.time",
        ),
        (&["distill.output.evaluation.solver.eta=0.5"], "solver.eta"),
    ] {
        refused(&workshop, distill, changes, expected);
    }
}

#[test]
fn heads_that_do_not_fit_network_path_or_solver_are_refused_before_there_is_a_run() {
    let workshop = Workshop::new();
    let teacher = "teacher --config recipe.toml --out refused";
    let denoiser_first = [
        "teacher.path.name=stochastic-interpolant",
        "teacher.path.prediction=[\"latent\", \"velocity\"]",
    ];
    let data_at_the_end =
        [&VELOCITY_AND_LATENT[..], &["teacher.output.evaluation.solver.name=bridge"]].concat();
    for (changes, expected) in [
        (&["teacher.network.heads=2"][..], "prediction is velocity, found 2"),
        (&VELOCITY_AND_LATENT[..2], "expected 2, for teacher.path.prediction is velocity and"),
        (&VELOCITY_AND_LATENT[1..], "one prediction on a path without latent"),
        (&denoiser_first, "velocity and latent"),
        (&data_at_the_end, "rate of a coefficient is infinite"),
    ] {
        refused(&workshop, teacher, changes, expected);
    }
    let mut arguments = words("teacher --config recipe.toml --out teacher");
    let independent = format!("data.uri={OTHER}");
    arguments.extend(VELOCITY_AND_LATENT.iter().flat_map(|setting| ["--set", setting]));
    arguments.extend(["--set", &independent]);
    workshop.succeed(&arguments);
    let distill = "distill --config recipe.toml --teacher teacher --out refused";
    let source_end = "distill.generator.times=[0.0]";
    refused(&workshop, distill, &[&independent, source_end], "distill.generator.times");
}

/// Runs `command` with `changes` of the recipe, which must fail, saying what is expected, without leaving
/// a run.
#[track_caller]
fn refused(workshop: &Workshop, command: &str, changes: &[&str], expected: &str) {
    let mut arguments = words(command);
    arguments.extend(changes.iter().flat_map(|change| ["--set", change]));
    let complaint = workshop.fail(&arguments);
    assert!(complaint.contains(expected), "{changes:?}: {complaint}");
    assert!(!workshop.path("refused").exists(), "{changes:?} left a run");
}

fn evaluate(workshop: &Workshop, model: &str, framework: &Framework) -> serde_json::Value {
    let evaluate = format!("evaluate --json --num 500 --model {model} --data");
    let mut arguments = words(&evaluate);
    arguments.push(framework.data);
    serde_json::from_str(&workshop.succeed(&arguments)).unwrap()
}
