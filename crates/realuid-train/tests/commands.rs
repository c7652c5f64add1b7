//! The commands as a user meets them: what they write, and what they refuse.

mod common;

use common::{Workshop, assert_same_contents, words};

/// A workshop with a short teacher and a student of it.
fn trained() -> Workshop {
    let workshop = Workshop::new();
    workshop.succeed(&words("teacher --config recipe.toml --out teacher"));
    workshop.succeed(&words("distill --config recipe.toml --teacher teacher --out student"));
    workshop
}

#[test]
fn training_lowers_the_loss_and_leaves_everything_in_the_run() {
    let workshop = trained();
    for file in
        ["config.toml", "metrics.jsonl", "report.html", "samples/data.png", "samples/teacher.png"]
    {
        assert!(workshop.path("student").join(file).is_file(), "{file}");
    }
    let log = std::fs::read_to_string(workshop.path("teacher/metrics.jsonl")).unwrap();
    let losses: Vec<f64> = log
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["kind"] == "matching")
        .map(|record| record["loss"].as_f64().unwrap())
        .collect();
    assert_eq!(losses.len(), 45);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    assert!(mean(&losses[35..]) < mean(&losses[..10]), "{losses:?}");
    let page = std::fs::read_to_string(workshop.path("student/report.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("teacher") && !page.contains("http-equiv"));
}

#[test]
fn a_runs_own_file_says_what_it_took_from_the_path() {
    let workshop = trained();
    let read = |run: &str| -> toml::Table {
        std::fs::read_to_string(workshop.path(run).join("config.toml")).unwrap().parse().unwrap()
    };
    let uniform: toml::Table = "distribution = \"uniform\"\nlow = 0.0\nhigh = 1.0".parse().unwrap();
    for (run, stage) in [("teacher", "teacher"), ("student", "distill")] {
        let config = &read(run)[stage];
        assert_eq!(config["time"].as_table(), Some(&uniform), "{config}");
        let solver = &config["output"]["evaluation"]["solver"];
        assert_eq!(solver["name"].as_str(), Some("euler"), "{config}");
    }
    let times = &read("student")["distill"]["generator"]["times"];
    assert_eq!(times.as_array().unwrap().as_slice(), [toml::Value::Float(0.0)]);
    // The same run follows from its own file.
    workshop.succeed(&words("distill --config student/config.toml --teacher teacher --out again"));
    assert_same_contents(&workshop.path("student"), &workshop.path("again"));
}

#[test]
fn samples_come_in_every_format_and_do_not_depend_on_the_batch() {
    let workshop = trained();
    let sample = "sample --model student --num 7 --seed 3";
    for format in ["grid", "npy", "safetensors"] {
        workshop.succeed(&words(&format!("{sample} --out out --format {format}")));
    }
    workshop.succeed(&words(&format!("{sample} --out other --format npy --batch-size 2")));
    let read = |path: &str| std::fs::read(workshop.path(path)).unwrap();
    assert_eq!(read("out/samples.npy"), read("other/samples.npy"));
    assert!(
        workshop.path("out/grid.png").is_file()
            && workshop.path("out/samples.safetensors").is_file()
    );

    let again = workshop.fail(&words(&format!("{sample} --out out --format npy")));
    assert!(again.contains("already"), "{again}");
}

#[test]
fn evaluation_counts_network_evaluations() {
    let workshop = trained();
    let evaluate = |arguments: &str| -> serde_json::Value {
        let evaluate = "evaluate --data toy:moons?len=500 --num 200 --json --model";
        let printed = workshop.succeed(&words(&format!("{evaluate} {arguments}")));
        serde_json::from_str(&printed).unwrap()
    };
    assert_eq!(evaluate("student")["evaluations"], 1);
    assert_eq!(evaluate("teacher --steps 10")["evaluations"], 10);
    let heun = evaluate("teacher --steps 10 --solver heun --weights model");
    assert_eq!(heun["evaluations"], 19);
    assert!(heun["frechet"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_generator_can_be_refined_and_is_no_teacher() {
    let workshop = trained();
    let distill = "distill --config recipe.toml --out again";
    workshop.succeed(&words(&format!("{distill} --teacher teacher --from student")));
    let refused =
        workshop.fail(&words("distill --config recipe.toml --teacher student --out refused"));
    assert!(refused.contains("--from"), "{refused}");
    assert!(!workshop.path("refused").exists(), "a refused run left a folder");
    let no_generator = workshop.fail(&words(
        "distill --config recipe.toml --teacher teacher --from teacher --out refused",
    ));
    assert!(no_generator.contains("generator to go on from"), "{no_generator}");
    let other_time = workshop.fail(&words(
        "distill --config recipe.toml --teacher teacher --from student --out refused \
         --set distill.generator.times=[0.0,0.3]",
    ));
    assert!(other_time.contains("times: [0.0, 0.3]"), "{other_time}");
}

#[test]
fn a_generator_of_several_steps_is_sampled_with_fewer_or_at_other_times() {
    let workshop = Workshop::new();
    workshop.succeed(&words("teacher --config recipe.toml --out teacher"));
    workshop.succeed(&words(
        "distill --config recipe.toml --teacher teacher --out student \
         --set distill.generator.times=[0.0,0.4,0.7]",
    ));
    assert!(workshop.succeed(&words("inspect student")).contains("[0.0, 0.4, 0.7]"));
    let evaluations = |arguments: &str| {
        let evaluate = "evaluate --data toy:moons?len=500 --num 50 --json --model student";
        let printed = workshop.succeed(&words(&format!("{evaluate} {arguments}")));
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()["evaluations"].clone()
    };
    assert_eq!(evaluations(""), 3);
    assert_eq!(evaluations("--steps 2"), 2);
    assert_eq!(evaluations("--times 0,0.2,0.4,0.6,0.8"), 5);
    let sample = "sample --num 5 --format npy --model student";
    workshop.succeed(&words(&format!("{sample} --steps 2 --out fewer")));
    workshop.succeed(&words(&format!("{sample} --times 0,0.4 --out named")));
    let read = |out: &str| std::fs::read(workshop.path(out).join("samples.npy")).unwrap();
    assert!(read("fewer") == read("named"), "the first two times are not those two");

    for (arguments, expected) in [
        ("student --steps 4", "distil with more"),
        ("student --times 0.5,0.2", "nearer to the data"),
        ("student --steps 2 --times 0.1", "cannot be used with"),
        ("teacher --times 0,0.5", "none for a teacher"),
    ] {
        let complaint = workshop.fail(&words(&format!("sample --out refused --model {arguments}")));
        assert!(complaint.contains(expected), "{arguments}: {complaint}");
    }
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_lost() {
    let workshop = Workshop::new();
    let unknown =
        workshop.fail(&words("teacher --config recipe.toml --out a --set teacher.optimiser=1"));
    assert!(unknown.contains("unknown field `optimiser`"), "{unknown}");
    let shape = workshop.fail(&words("teacher --config recipe.toml --out b --set data.uri=digits"));
    assert!(shape.contains("[2]") && shape.contains("[1, 8, 8]"), "{shape}");
    assert!(!workshop.path("b").exists(), "a refused run left a folder");
    for change in
        ["teacher.path.prediction=source", "teacher.time.high=2", "data.horizontal_flip=true"]
    {
        let refused = format!("teacher --config recipe.toml --out c --set {change}");
        workshop.fail(&words(&refused));
        assert!(!workshop.path("c").exists(), "{change} was refused and left a folder");
    }
    let missing = workshop.fail(&words("sample --model nowhere --out c"));
    assert!(missing.contains("nowhere") && missing.contains("run folder"), "{missing}");

    workshop.succeed(&words("teacher --config recipe.toml --out run --set teacher.train.steps=5"));
    let taken = workshop.fail(&words("teacher --config recipe.toml --out run"));
    assert!(taken.contains("--resume"), "{taken}");
}

#[test]
fn training_is_saved_where_a_report_cannot_be_made() {
    let workshop = Workshop::new();
    let teacher = "teacher --config recipe.toml --set teacher.optimizer.decay=constant --out";
    workshop.succeed(&words(&format!("{teacher} whole")));
    workshop.succeed(&words(&format!("{teacher} run --set teacher.train.steps=19")));
    // Something lies where the picture due at step 20 is to be.
    let resume = words("teacher --resume run --set teacher.train.steps=45");
    std::fs::create_dir_all(workshop.path("run/samples/step-000000020.png/taken")).unwrap();
    let message = workshop.fail(&resume);
    assert!(message.contains("step-000000020.png"), "{message}");
    assert!(workshop.succeed(&words("inspect run")).contains("(step 20"));

    std::fs::remove_dir_all(workshop.path("run/samples")).unwrap();
    workshop.succeed(&resume);
    let read = |run: &str| std::fs::read(workshop.path(run)).unwrap();
    for file in ["checkpoints/step-000000045/model.safetensors", "samples/step-000000020.png"] {
        assert!(read(&format!("run/{file}")) == read(&format!("whole/{file}")), "{file} differs");
    }
}

#[test]
fn a_loss_that_is_not_finite_stops_with_the_last_good_checkpoint() {
    let workshop = Workshop::new();
    let diverge =
        "teacher --config recipe.toml --out run --set teacher.optimizer.learning_rate=1e37";
    let message = workshop.fail(&words(diverge));
    assert!(message.contains("not finite") && message.contains("checkpoints"), "{message}");
}
