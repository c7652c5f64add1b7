use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use candle_core::Device;
use realuid_testkit::{Fixture, fixture_folders};

use crate::checks::Checks;
use crate::report::{Line, Report, Verdict};
use crate::{Error, Result, losses, metrics, networks, paths, samplers, trajectories};

/// Runs every fixture on the processor, as [`run_on`] says.
pub fn run(root: &Path, filter: Option<&str>, on_line: impl FnMut(&Line)) -> Result<Report> {
    run_on(&Device::Cpu, root, filter, on_line)
}

/// Runs every fixture at any depth below `root` whose name contains `filter`, and tells `on_line` of
/// each as soon as it is done. What is computed on `device` is held to what the processor is held to: it
/// sums in another order, as the golden numbers' own program did.
///
/// A fixture that is malformed or whose computation fails is a failed line, and the others still
/// run. An error only where `root` cannot be read or nothing in it was to be run.
pub fn run_on(
    device: &Device,
    root: &Path,
    filter: Option<&str>,
    mut on_line: impl FnMut(&Line),
) -> Result<Report> {
    let mut lines = Vec::new();
    for folder in fixture_folders(root)? {
        let name = name(root, &folder);
        if filter.is_some_and(|part| !name.contains(part)) {
            continue;
        }
        let line = line(name, root, &folder, device);
        on_line(&line);
        lines.push(line);
    }
    if lines.is_empty() {
        let filter = filter.map(|part| format!(" and {part:?} in their names"));
        return Err(Error::NoFixtures {
            root: root.to_owned(),
            filter: filter.unwrap_or_default(),
        });
    }
    Ok(Report { lines })
}

/// What a kind finds in a fixture.
pub(crate) enum Outcome {
    /// What it computes was compared.
    Compared(Checks),
    /// It does not compute any of it: what is missing.
    Missing(String),
}

/// The path of `folder` below `root`; its own name if it is the root.
fn name(root: &Path, folder: &Path) -> String {
    let relative = folder.strip_prefix(root).unwrap_or(folder);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    if parts.is_empty() { folder.display().to_string() } else { parts.join("/") }
}

fn line(name: String, root: &Path, folder: &Path, device: &Device) -> Line {
    let fixture = match Fixture::open(root, folder) {
        Ok(fixture) => fixture,
        Err(error) => {
            return Line { name, verdict: Verdict::Failed(error.to_string()), note: None };
        }
    };
    let note = on_processor(&fixture).filter(|_| !device.is_cpu());
    let device = if note.is_some() { &Device::Cpu } else { device };
    Line { name, verdict: verdict(fixture, device), note }
}

/// Why this fixture is computed on the processor, wherever the others are.
fn on_processor(fixture: &Fixture) -> Option<&'static str> {
    match fixture.kind() {
        "metrics" => Some("on the processor: metrics are computed there"),
        "losses" if fixture.description.get("rows").is_some() => {
            Some("on the processor: quadrature in f64")
        }
        "samplers" => Some("on the processor: their fields are closed forms in f64"),
        _ => None,
    }
}

fn verdict(fixture: Fixture, device: &Device) -> Verdict {
    // As in any test harness, a panic in what is tested fails that test and no other.
    let outcome = catch_unwind(AssertUnwindSafe(|| compare(&fixture.on(device)?, device)));
    match outcome {
        Ok(Ok(Outcome::Compared(checks))) => checks.verdict(),
        Ok(Ok(Outcome::Missing(reason))) => Verdict::Skipped(reason),
        Ok(Err(error)) => Verdict::Failed(error.to_string()),
        Err(panic) => Verdict::Failed(format!("panicked: {}", panic_message(panic.as_ref()))),
    }
}

fn compare(fixture: &Fixture, device: &Device) -> Result<Outcome> {
    match fixture.kind() {
        "losses" => losses::compare(fixture),
        "metrics" => metrics::compare(fixture),
        "network" => networks::compare(fixture, device),
        "paths" => paths::compare(fixture),
        "samplers" => samplers::compare(fixture),
        "trajectories" => trajectories::compare(fixture, device),
        "" => Err(Error::malformed("a `kind` in fixture.json", "none")),
        other => Ok(Outcome::Missing(format!("kind {other:?} is not implemented"))),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}
