//! A run that was interrupted at any moment and resumed equals one that never was, byte for byte.

mod common;

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Workshop, assert_same_contents, contents, words};

/// Steps of the recipe.
const STEPS: u64 = 45;

/// Another number below `limit` on every run of the tests; failures print what was chosen.
fn anywhere_below(limit: u64) -> u64 {
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    u64::from(nanoseconds / 64) % limit
}

/// Reads the child's lines until it has taken `step` steps.
fn wait_for_step(child: &mut Child, step: u64) {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let marker = format!("step {step} ");
    let mut reached = lines.map_while(Result::ok).filter(|line| line.starts_with(&marker));
    assert!(reached.next().is_some(), "the run ended before step {step}");
}

/// Runs `command` with `--out` and kills it at a random step, twice; then lets it finish.
fn run_killed_twice(workshop: &Workshop, command: &str, run: &str) {
    let first = 1 + anywhere_below(STEPS / 2);
    let second = first + 1 + anywhere_below(STEPS - 1 - first);
    println!("killed at steps {first} and {second}");
    let begin = format!("{command} --out {run}");
    let resume = format!("{} --resume {run}", command.split(' ').next().unwrap());
    for (arguments, step) in [(&begin, first), (&resume, second)] {
        let mut child = workshop.realuid(&words(arguments)).spawn().unwrap();
        wait_for_step(&mut child, step);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    workshop.succeed(&words(&resume));
}

#[test]
fn killed_runs_end_with_the_same_bytes() {
    let workshop = Workshop::new();
    let teacher = "teacher --config recipe.toml";
    workshop.succeed(&words(&format!("{teacher} --out teacher")));
    run_killed_twice(&workshop, teacher, "teacher-killed");
    assert_same_contents(&workshop.path("teacher"), &workshop.path("teacher-killed"));

    let distill = "distill --config recipe.toml --teacher teacher";
    workshop.succeed(&words(&format!("{distill} --out student")));
    run_killed_twice(&workshop, distill, "student-killed");
    assert_same_contents(&workshop.path("student"), &workshop.path("student-killed"));

    let rival = format!(
        "{distill} --set distill.adversarial.generator_weight=0.3 \
         --set distill.adversarial.critic_weight=1"
    );
    workshop.succeed(&words(&format!("{rival} --out rival")));
    run_killed_twice(&workshop, &rival, "rival-killed");
    assert_same_contents(&workshop.path("rival"), &workshop.path("rival-killed"));
}

#[test]
fn a_killed_run_of_a_generator_of_several_steps_ends_with_the_same_bytes() {
    let workshop = Workshop::new();
    workshop
        .succeed(&words("teacher --config recipe.toml --out teacher --set teacher.train.steps=9"));
    let distill = "distill --config recipe.toml --teacher teacher \
                   --set distill.generator.times=[0.0,0.3,0.6]";
    workshop.succeed(&words(&format!("{distill} --out student")));
    run_killed_twice(&workshop, distill, "killed");
    assert_same_contents(&workshop.path("student"), &workshop.path("killed"));
}

#[test]
fn a_refused_resumption_changes_nothing() {
    let workshop = Workshop::new();
    workshop
        .succeed(&words("teacher --config recipe.toml --out teacher --set teacher.train.steps=9"));
    let distill = "distill --config recipe.toml --teacher teacher --set distill.train.steps=9";
    workshop.succeed(&words(&format!("{distill} --out student")));
    let before = (contents(&workshop.path("teacher")), contents(&workshop.path("student")));

    workshop.fail(&words("teacher --resume teacher --set teacher.network.hidden=32"));
    let wrong_command = workshop.fail(&words("teacher --resume student"));
    assert!(wrong_command.contains("realuid distill"), "{wrong_command}");
    let after = (contents(&workshop.path("teacher")), contents(&workshop.path("student")));
    assert!(before == after, "a refused resumption changed a run");
    workshop.succeed(&words("teacher --resume teacher"));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_saves_itself_and_goes_on() {
    let workshop = Workshop::new();
    let teacher = "teacher --config recipe.toml --set teacher.train.steps=2000 \
                   --set teacher.output.evaluation.every=0";
    let mut child = workshop.realuid(&words(&format!("{teacher} --out stopped"))).spawn().unwrap();
    wait_for_step(&mut child, 10 + anywhere_below(20));
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));

    workshop.succeed(&words("teacher --resume stopped"));
    workshop.succeed(&words(&format!("{teacher} --out whole")));
    assert_same_contents(&workshop.path("whole"), &workshop.path("stopped"));
}

#[test]
fn more_steps_can_be_asked_for_when_resuming() {
    let workshop = Workshop::new();
    workshop.succeed(&words("teacher --config recipe.toml --out run --set teacher.train.steps=10"));
    workshop.succeed(&words("teacher --resume run --set teacher.train.steps=15"));
    let inspected = workshop.succeed(&words("inspect run"));
    assert!(inspected.contains("(step 15"), "{inspected}");
}
