//! Runs on a GPU. Without one these tests pass, saying so; with REALUID_EXPECT_CUDA=1 they fail instead.
#![cfg(feature = "cuda")]

mod common;

use std::path::Path;

use common::{Workshop, contents, words};

/// A workshop with a teacher; none where there is no GPU.
fn workshop() -> Option<Workshop> {
    let workshop = Workshop::new();
    let device = workshop.realuid(&words("device --device cuda")).output().unwrap();
    if !device.status.success() {
        let complaint = String::from_utf8_lossy(&device.stderr);
        assert!(std::env::var_os("REALUID_EXPECT_CUDA").is_none(), "expected a GPU: {complaint}");
        eprintln!("no GPU, nothing was run: {complaint}");
        return None;
    }
    let few = "--set teacher.train.steps=9 --set teacher.network.hidden=8";
    let cpu = "teacher --config recipe.toml --out teacher --device cpu";
    workshop.succeed(&words(&format!("{cpu} {few}")));
    Some(workshop)
}

/// Distils for `steps` steps on `device` with these arguments besides; what it said.
fn distil(workshop: &Workshop, out: &str, device: &str, arguments: &str) -> String {
    let command = format!(
        "distill --config recipe.toml --teacher teacher --out {out} --device {device} \
         --set distill.train.steps=20 {arguments}"
    );
    let output = workshop.realuid(&words(&command)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command}: {said}");
    said
}

/// Panics unless logs and tensors of both runs have the same bytes; their recipes differ.
#[track_caller]
fn assert_same_training(expected: &Path, found: &Path) {
    let trained = |run: &Path| {
        let mut files = contents(run);
        files.retain(|name, _| {
            let extension = name.extension().unwrap_or_default();
            extension == "safetensors" || extension == "jsonl"
        });
        files
    };
    let (expected, found) = (trained(expected), trained(found));
    assert!(expected.len() >= 5 && expected.keys().eq(found.keys()), "{:?}", found.keys());
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{} differs", name.display());
    }
}

#[test]
fn turns_from_graphs_are_the_turns_themselves() {
    let Some(workshop) = workshop() else { return };
    for (name, arguments) in [
        ("one", ""),
        ("several", "--set distill.generator.times=[0.0,0.5]"),
        (
            "teacher-asked",
            "--set distill.objective.gamma=0.9 --set distill.weight.name=min-snr --set distill.weight.limit=5.0",
        ),
        (
            "rival",
            "--set distill.adversarial.generator_weight=0.3 \
             --set distill.adversarial.critic_weight=1",
        ),
    ] {
        let (plain, graphs) = (format!("{name}-plain"), format!("{name}-graphs"));
        distil(&workshop, &plain, "cuda", &format!("{arguments} --set compute.graphs=false"));
        let said = distil(&workshop, &graphs, "cuda", arguments);
        assert!(!said.contains("without a CUDA graph"), "{name}: {said}");
        assert!(said.contains("peak memory"), "{name}: {said}");
        assert_same_training(&workshop.path(&plain), &workshop.path(&graphs));
    }
}

#[test]
fn a_stopped_run_with_graphs_goes_on_to_the_same_bytes() {
    let Some(workshop) = workshop() else { return };
    distil(&workshop, "whole", "cuda", "");
    let stopped = "--set distill.train.steps=11 --set distill.output.checkpoints.every=11";
    let command = format!(
        "distill --config recipe.toml --teacher teacher --out stopped --device cuda {stopped}"
    );
    workshop.succeed(&words(&command));
    let go_on = "--set distill.train.steps=20 --set distill.output.checkpoints.every=7";
    workshop.succeed(&words(&format!("distill --resume stopped --device cuda {go_on}")));
    let last = "checkpoints/step-000000020";
    assert_same_training(&workshop.path("whole").join(last), &workshop.path("stopped").join(last));
}

/// The same streams on both: what differs is rounding, and what training makes of it in a few steps.
#[test]
fn a_run_on_a_gpu_is_near_that_on_the_processor() {
    let Some(workshop) = workshop() else { return };
    distil(&workshop, "cpu", "cpu", "");
    for (name, arguments, tolerance) in [
        ("f32", "", 1e-3),
        ("checkpointed", "--set compute.checkpointing=true", 1e-3),
        ("bf16", "--set compute.precision=bf16", 5e-2),
    ] {
        distil(&workshop, name, "cuda", arguments);
        let (expected, found) = (first_losses(&workshop, "cpu"), first_losses(&workshop, name));
        assert!(!expected.is_empty() && expected.len() == found.len());
        for (expected, found) in expected.iter().zip(&found) {
            let distance = (expected - found).abs() / expected.abs().max(1.0);
            assert!(distance < tolerance, "{name}: {found} is not {expected}");
        }
    }
}

/// Losses of the run's first five steps that reported one.
fn first_losses(workshop: &Workshop, run: &str) -> Vec<f64> {
    let log = std::fs::read_to_string(workshop.path(run).join("metrics.jsonl")).unwrap();
    let records = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let early = records.filter(|record| record["step"].as_u64().unwrap() <= 5);
    early.filter_map(|record| record["loss"].as_f64()).collect()
}

/// A step does not wait for its own gradients, so the error comes with the next record.
#[test]
fn gradients_that_are_not_finite_end_a_run_and_nothing_is_lost() {
    let Some(workshop) = workshop() else { return };
    let command = "distill --config recipe.toml --teacher teacher --out diverged --device cuda \
                   --set distill.fake_optimizer.learning_rate=1e30 \
                   --set distill.output.evaluation.every=0 --set distill.output.samples.every=0";
    let complaint = workshop.fail(&words(command));
    assert!(complaint.contains("not finite") && complaint.contains("step-0"), "{complaint}");
}
