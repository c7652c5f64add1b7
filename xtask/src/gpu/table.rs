//! What the suite has found, as tables of Markdown.

use std::path::Path;

use super::results::{Check, Outcome, Results, Verdict, Workload};
use super::setting::{SETTINGS, Setting};
use crate::bench::results::Sample;
use crate::bench::table::{milliseconds, percent};
use crate::page::{self, Markers};

const MARKERS: Markers = Markers {
    begin: "<!-- gpu: begin; written by `cargo xtask gpu` -->",
    end: "<!-- gpu: end -->",
};

const HEADER: [&str; 10] = [
    "workload", "setting", "ours ms", "spread", "peer ms", "spread", "ratio", "ours GB", "peer GB",
    "reached",
];

/// A single workload, as it has just been measured.
pub fn line(workload: &Workload) -> String {
    let side = |side: Option<&Sample>| {
        side.map_or_else(|| "-".to_owned(), |sample| milliseconds(sample.summary().median))
    };
    let settings = SETTINGS.iter().filter_map(|setting| {
        let [ours, peer] = setting.of(workload)?;
        Some(format!("{} {} / {} ms", setting.name, side(ours), side(peer)))
    });
    format!("{}: {}", workload.name, settings.collect::<Vec<_>>().join(", "))
}

/// Replaces what stands between the marker comments of the page.
pub fn write_into(page: &Path, results: &Results) -> anyhow::Result<()> {
    MARKERS.write(page, &markdown(results))
}

/// Comparisons, steps, operations, and what was left out.
pub fn markdown(results: &Results) -> String {
    let is_step = |workload: &Workload| workload.name.starts_with("gpu/");
    let rows = |steps: bool| -> Vec<[String; 10]> {
        let chosen = results.workloads.iter().filter(|workload| is_step(workload) == steps);
        chosen.flat_map(|workload| rows(workload, results)).collect()
    };
    let mut parts = vec![
        results.conditions.to_string(),
        format!("{}\n{}", comparisons(results), failures(results)).trim().to_owned(),
        page::table(&HEADER, &rows(true)),
        "Single operations:".to_owned(),
        page::table(&HEADER, &rows(false)),
    ];
    let missing = missing(results);
    if !missing.is_empty() {
        parts.push(format!("Not measured:\n\n{}", missing.join("\n")));
    }
    parts.join("\n\n")
}

fn comparisons(results: &Results) -> String {
    let [passed, failed, skipped] =
        [Verdict::Passed, Verdict::Failed, Verdict::Skipped].map(|outcome| results.count(outcome));
    format!(
        "Comparisons with the processor and with golden numbers: {passed} passed, {failed} failed, {skipped} \
         skipped. The whole suite took {:.0} s.",
        results.seconds
    )
}

fn failures(results: &Results) -> String {
    let failed = results.checks.iter().filter(|check| check.outcome == Verdict::Failed);
    let line =
        |check: &Check| format!("\n* failed: {}, `{}`: {}", check.part, check.name, check.detail);
    failed.map(line).collect()
}

/// A row for each setting in which anything is known of the workload.
fn rows(workload: &Workload, results: &Results) -> Vec<[String; 10]> {
    let row = |setting: &Setting| {
        let samples = setting.of(workload)?;
        let [our_time, their_time] =
            samples.map(|sample| cell(sample, |s| milliseconds(s.summary().median)));
        let [our_spread, their_spread] =
            samples.map(|sample| cell(sample, |s| percent(s.summary().spread)));
        let [our_memory, their_memory] = samples.map(|sample| cell(sample, gigabytes));
        let ratio = match samples {
            [Some(ours), Some(peer)] => {
                format!("{:.2}", ours.summary().median / peer.summary().median)
            }
            _ => String::new(),
        };
        let reached = cell(samples[0], |sample| reached(workload, sample, setting, results));
        let (name, setting) = (workload.name.clone(), setting.name.to_owned());
        Some([
            name,
            setting,
            our_time,
            our_spread,
            their_time,
            their_spread,
            ratio,
            our_memory,
            their_memory,
            reached,
        ])
    };
    SETTINGS.iter().filter_map(row).collect()
}

fn cell(sample: Option<&Sample>, text: impl Fn(&Sample) -> String) -> String {
    sample.map_or_else(String::new, text)
}

fn gigabytes(sample: &Sample) -> String {
    sample.peak_bytes.map_or_else(String::new, |bytes| format!("{:.2}", bytes as f64 / 1e9))
}

/// Images a second where that is the point; the rate of arithmetic with its share of the fastest matrix
/// product in the same numbers, or the rate at which memory passes with its share of the fastest copy.
fn reached(workload: &Workload, sample: &Sample, setting: &Setting, results: &Results) -> String {
    let seconds = sample.summary().median;
    let share = |rate: f64, peak: Option<f64>| {
        peak.map_or_else(String::new, |peak| format!(", {}", percent(rate / peak)))
    };
    let images = workload
        .name
        .starts_with("gpu/sample")
        .then(|| format!("{:.0} images/s", results.conditions.batch as f64 / seconds));
    let rate = match (workload.flops, workload.bytes) {
        (Some(flops), _) => {
            let (rate, peak) = (flops / seconds, peak(results, "gpu/matrix-product", setting.peak));
            Some(format!("{:.1} TFLOP/s{}", rate / 1e12, share(rate, peak)))
        }
        (None, Some(bytes)) => {
            let (rate, peak) = (setting.width * bytes / seconds, peak(results, "gpu/copy", "f32"));
            Some(format!("{:.0} GB/s{}", rate / 1e9, share(rate, peak)))
        }
        (None, None) => None,
    };
    images.into_iter().chain(rate).collect::<Vec<_>>().join("; ")
}

/// The highest rate of either side in the `variant` of the workloads named so.
fn peak(results: &Results, name: &str, variant: &str) -> Option<f64> {
    let chosen = results.workloads.iter().filter(|workload| workload.name.starts_with(name));
    let rates = chosen.flat_map(|workload| {
        let work = workload.flops.or(workload.bytes);
        let outcomes = [&workload.ours, &workload.peer].map(|side| side.get(variant));
        let samples = outcomes.into_iter().flatten().filter_map(Outcome::sample);
        samples.filter_map(move |sample| Some(work? / sample.summary().minimum))
    });
    rates.max_by(f64::total_cmp)
}

/// What was to be measured and was not, with the reason; the same reasons together.
fn missing(results: &Results) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for workload in &results.workloads {
        for (whose, side) in [("ours", &workload.ours), ("peer", &workload.peer)] {
            for (variant, outcome) in side {
                if let Outcome::NotMeasured { not_measured } = outcome {
                    let what = format!("{} ({whose}, {variant})", workload.name);
                    match reasons.iter_mut().find(|(reason, _)| reason == not_measured) {
                        Some((_, all)) => all.push(what),
                        None => reasons.push((not_measured.clone(), vec![what])),
                    }
                }
            }
        }
    }
    let line = |(reason, all): (String, Vec<String>)| format!("* {}: {reason}", all.join(", "));
    reasons.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::results::Conditions;
    use super::*;

    fn results() -> Results {
        let mut results = Results::new(Conditions { batch: 100, ..Conditions::default() });
        let sample = |seconds, gigabytes: u64| {
            let peak_bytes = Some(gigabytes * 1_000_000_000);
            Outcome::Measured(Sample { seconds: vec![seconds], peak_bytes, ..Sample::default() })
        };
        let product = results.workload("gpu/matrix-product-8");
        product.flops = Some(1e12);
        product.ours.insert("tf32".into(), sample(0.02, 1));
        product.peer.insert("tf32".into(), sample(0.01, 1));
        let sampling = results.workload("gpu/sample-100");
        sampling.flops = Some(1e12);
        sampling.ours.insert("tf32".into(), sample(0.02, 1));
        sampling.ours.insert("bf16".into(), Outcome::not_measured("no room"));
        sampling.peer.insert("published".into(), sample(0.04, 2));
        results
    }

    #[test]
    fn a_row_compares_both_sides_in_one_setting() {
        let results = results();
        let rows = rows(&results.workloads[1], &results);
        let sampling =
            ["gpu/sample-100", "tf32", "20.0", "0%", "40.0", "0%", "0.50", "1.00", "2.00"];
        assert_eq!(rows[0][..9], sampling);
        assert_eq!(rows[0][9], "5000 images/s; 50.0 TFLOP/s, 50%");
        assert_eq!(rows[1][..3], ["gpu/sample-100", "bf16", ""]);
        assert_eq!(missing(&results), ["* gpu/sample-100 (ours, bf16): no room"]);
        assert_eq!(
            line(&results.workloads[1]),
            "gpu/sample-100: tf32 20.0 / 40.0 ms, bf16 - / - ms"
        );
    }

    #[test]
    fn a_page_says_everything() {
        let text = markdown(&results());
        for part in ["0 passed, 0 failed", "| gpu/sample-100 | tf32 |", "Not measured:", "no room"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
