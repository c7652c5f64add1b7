//! The committed fixtures pass, and what is wrong does not.

use std::fs;
use std::path::{Path, PathBuf};

use realuid_parity::{Error, Report, Verdict, run};
use tempfile::TempDir;

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A folder that holds a copy of the committed fixture `name` under the same name.
fn copy_of(name: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let to = root.path().join(name);
    fs::create_dir_all(&to).unwrap();
    for entry in fs::read_dir(committed().join(name)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    root
}

/// Replaces text in the one `fixture.json` below `root`.
fn edit(root: &TempDir, name: &str, from: &str, to: &str) {
    let file = root.path().join(name).join("fixture.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from:?} is not in the fixture");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

fn run_all(root: &Path) -> Report {
    run(root, None, |_| {}).unwrap()
}

/// The only line there is: it must start as a failure of `name`.
fn failure(root: &TempDir, name: &str) -> String {
    let report = run_all(root.path());
    assert_eq!((report.passed(), report.failed(), report.skipped()), (0, 1, 0));
    let line = report.lines[0].to_string();
    let reason = line.strip_prefix(&format!("FAILED {name} "));
    reason.unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn every_committed_fixture_passes_or_is_skipped_by_name() {
    let report = run_all(&committed());
    let lines: Vec<String> = report.lines.iter().map(ToString::to_string).collect();
    assert_eq!(report.failed(), 0, "{}", lines.join("\n"));
    // 10 losses, 1 set of metrics, 5 networks, 7 paths, 1 set of samplers, 3 trajectories.
    assert_eq!(report.to_string(), "27 passed, 0 failed, 0 skipped");
    let partly = lines.iter().filter(|line| line.contains("skipped")).collect::<Vec<_>>();
    assert!(partly.is_empty(), "{partly:?}");
}

#[test]
fn a_changed_number_fails_by_its_name() {
    let losses = copy_of("losses/realuid-1");
    edit(&losses, "losses/realuid-1", "\"kappa\": 1", "\"kappa\": 1.000001");
    let reason = failure(&losses, "losses/realuid-1");
    assert!(reason.starts_with("generator"), "{reason}");
    assert!(reason.contains("(allowed 1e-10)"), "{reason}");

    let metrics = copy_of("metrics/features");
    edit(&metrics, "metrics/features", "2.2240077255462722", "2.2240077265462722");
    assert_eq!(failure(&metrics, "metrics/features"), "frechet 4.5e-10 (allowed 1e-10)");

    let row = copy_of("losses/closed-form-distance");
    edit(&row, "losses/closed-form-distance", "1.0565870861516553", "1.0565870871516553");
    let reason = failure(&row, "losses/closed-form-distance");
    assert!(reason.starts_with("rows[0]."), "{reason}");
}

#[test]
fn a_changed_network_or_trajectory_fails() {
    let network = copy_of("networks/adm-new-order");
    let order = "\"use_new_attention_order\": true";
    edit(&network, "networks/adm-new-order", order, "\"use_new_attention_order\": false");
    assert!(failure(&network, "networks/adm-new-order").contains(" (allowed "));

    let network = copy_of("networks/adm-new-order");
    edit(&network, "networks/adm-new-order", "\"time_embed.0.bias\"", "\"time_embed.1.bias\"");
    let reason = failure(&network, "networks/adm-new-order");
    let expected = "time_embed.1.bias: expected shape [128], found no such parameter";
    assert_eq!(reason, expected);

    let trajectory = copy_of("trajectories/trajectory-uid");
    edit(&trajectory, "trajectories/trajectory-uid", "\"alpha\": 1,", "\"alpha\": 0.99,");
    let reason = failure(&trajectory, "trajectories/trajectory-uid");
    assert!(reason.contains("log["), "{reason}");
}

#[test]
fn more_neighbours_and_other_names_are_read_from_the_fixture() {
    let metrics = copy_of("metrics/features");
    edit(&metrics, "metrics/features", "prdc_k5", "prdc_k7");
    assert!(failure(&metrics, "metrics/features").starts_with("prdc_k7."));

    let metrics = copy_of("metrics/features");
    edit(&metrics, "metrics/features", "\"frechet\"", "\"wasserstein_of_tomorrow\"");
    let line = run_all(metrics.path()).lines[0].to_string();
    assert!(line.starts_with("ok metrics/features max_rel_err"), "{line}");
    assert!(line.ends_with("(wasserstein_of_tomorrow skipped: not implemented)"), "{line}");

    let path = copy_of("paths/linear");
    edit(&path, "paths/linear", "\"linear\"", "\"linear-held-back\"");
    assert_eq!(run_all(path.path()).passed(), 1);

    let path = copy_of("paths/vp-linear");
    edit(&path, "paths/vp-linear", "\"beta_max\": 20.0", "\"beta_max\": 20.1");
    assert!(failure(&path, "paths/vp-linear").contains(" (allowed 1e-10)"));

    let path = copy_of("paths/brownian-bridge");
    edit(&path, "paths/brownian-bridge", "\"epsilon\"", "\"epsilom\"");
    assert!(failure(&path, "paths/brownian-bridge").contains("unknown field `epsilom`"));

    let path = copy_of("paths/gvp");
    edit(&path, "paths/gvp", "\"gvp\"", "\"great-circle\"");
    let line = run_all(path.path()).lines[0].to_string();
    assert_eq!(line, "skip paths/gvp path \"great-circle\" is not implemented");
}

#[test]
fn what_is_malformed_fails_with_its_reason() {
    let name = "losses/realuid-2";
    let root = copy_of(name);
    edit(&root, name, "\"beta\"", "\"better\"");
    assert!(failure(&root, name).contains("missing field `beta`"));

    let root = copy_of(name);
    fs::remove_file(root.path().join(name).join("tensors.safetensors")).unwrap();
    assert!(failure(&root, name).contains("expected a tensor \"teacher_gen\""));

    let root = copy_of(name);
    fs::write(root.path().join(name).join("tensors.safetensors"), b"garbage").unwrap();
    failure(&root, name);

    let root = copy_of(name);
    fs::write(root.path().join(name).join("fixture.json"), "{ \"kind\": ").unwrap();
    assert!(failure(&root, name).contains("expected JSON"));

    let root = copy_of(name);
    edit(&root, name, "\"kind\"", "\"kin\"");
    assert!(failure(&root, name).contains("expected a `kind`"));

    let name = "samplers/mixture";
    let root = copy_of(name);
    edit(&root, name, "0.4,", "");
    assert!(failure(&root, name).contains("1 stds"));

    let name = "networks/adm-new-order";
    let root = copy_of(name);
    edit(&root, name, "\"num_channels\"", "\"number_of_channels\"");
    assert!(failure(&root, name).contains("number_of_channels"));

    let name = "trajectories/trajectory-uid";
    let root = copy_of(name);
    edit(&root, name, "\"generator_every\": 3", "\"generator_every\": 4");
    assert!(failure(&root, name).contains("another turn at iteration 2"));
}

#[test]
fn a_failure_does_not_stop_the_others() {
    let root = copy_of("losses/realuid-0");
    let broken = root.path().join("broken");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("fixture.json"), "[").unwrap();
    let report = run_all(root.path());
    assert_eq!(report.to_string(), "1 passed, 1 failed, 0 skipped");
}

#[test]
fn unknown_kinds_and_architectures_are_skipped_by_name() {
    let root = copy_of("losses/realuid-0");
    edit(&root, "losses/realuid-0", "\"losses\"", "\"horoscopes\"");
    let report = run_all(root.path());
    let expected = "skip losses/realuid-0 kind \"horoscopes\" is not implemented";
    assert_eq!(report.lines[0].to_string(), expected);

    let name = "networks/adm-new-order";
    let root = copy_of(name);
    edit(&root, name, "\"adm-unet\"", "\"sit\"");
    let reason = "architecture \"sit\" is not implemented".to_owned();
    assert_eq!(run_all(root.path()).lines[0].verdict, Verdict::Skipped(reason));
}

#[test]
fn nothing_to_run_is_an_error() {
    let empty = tempfile::tempdir().unwrap();
    let error = run(empty.path(), None, |_| {}).unwrap_err();
    assert!(matches!(error, Error::NoFixtures { .. }), "{error}");

    let error = run(&committed(), Some("no-such-name"), |_| {}).unwrap_err();
    assert!(error.to_string().contains("\"no-such-name\" in their names"), "{error}");

    assert!(run(&empty.path().join("absent"), None, |_| {}).is_err());
}

#[test]
fn the_command_says_so_in_its_exit_code() {
    let parity = |root: &Path| {
        let command = env!("CARGO_BIN_EXE_parity");
        std::process::Command::new(command)
            .arg(root)
            .args(["--only", "realuid-0"])
            .output()
            .unwrap()
    };
    let good = parity(&committed());
    assert!(good.status.success());
    let text = String::from_utf8(good.stdout).unwrap();
    assert!(text.starts_with("ok losses/realuid-0 max_rel_err "), "{text}");
    assert!(text.ends_with("\n1 passed, 0 failed, 0 skipped\n"), "{text}");

    let root = copy_of("losses/realuid-0");
    edit(&root, "losses/realuid-0", "\"alpha\"", "\"alfalfa\"");
    assert!(!parity(root.path()).status.success());
    assert!(!parity(tempfile::tempdir().unwrap().path()).status.success());
}
