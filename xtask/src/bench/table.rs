//! A result as a table, for a terminal and for a page of Markdown.

use std::path::Path;

use super::results::{Results, Workload};
use crate::page::{self, Markers};

const MARKERS: Markers = Markers {
    begin: "<!-- bench cpu: begin; written by `cargo xtask bench` -->",
    end: "<!-- bench cpu: end -->",
};

const HEADER: [&str; 9] = [
    "workload",
    "ours ms",
    "spread",
    "peer ms",
    "spread",
    "variant",
    "ratio",
    "of minima",
    "reached",
];

/// A single workload, as it has just been measured.
pub fn line(workload: &Workload) -> String {
    let [name, ours, _, theirs, _, variant, ratio, _, _] = row(workload, None);
    match workload.comparison() {
        Some(_) => format!("{name}: {ours} ms, peer ({variant}) {theirs} ms, ratio {ratio}"),
        None => format!("{name}: {ours} ms"),
    }
}

/// All workloads, in columns, and peak memory.
pub fn text(results: &Results) -> String {
    let mut lines = vec![results.machine.to_string()];
    lines.extend(columns(&HEADER, &times(results)));
    let memory = memory(results);
    if !memory.is_empty() {
        lines.push(String::new());
        lines.extend(columns(&MEMORY_HEADER, &memory));
    }
    lines.join("\n")
}

/// Replaces what stands between the marker comments of the page.
pub fn write_into(page: &Path, results: &Results) -> anyhow::Result<()> {
    MARKERS.write(page, &markdown(results))
}

const MEMORY_HEADER: [&str; 4] = ["workload", "ours MB", "peer MB", "ratio"];

fn markdown(results: &Results) -> String {
    let mut lines = vec![format!("{}.", results.machine)];
    lines.extend(peers(results));
    lines.push(String::new());
    lines.push(page::table(&HEADER, &times(results)));
    let memory = memory(results);
    if !memory.is_empty() {
        lines.push("\nPeak memory of a fresh process:\n".to_owned());
        lines.push(page::table(&MEMORY_HEADER, &memory));
    }
    lines.join("\n")
}

/// A line for each peer, state of the sources and day that the workloads were measured with.
fn peers(results: &Results) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for workload in &results.workloads {
        let peer = workload.peer_version.as_deref().unwrap_or("no peer");
        let Workload { commit, date, load, .. } = workload;
        let load = load.map_or_else(String::new, |load| format!(", load before {load:.1}"));
        let line = format!("Against {peer}; commit {commit}, {date}{load}.");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn times(results: &Results) -> Vec<[String; 9]> {
    let peak = peak_flops(results);
    results.workloads.iter().map(|workload| row(workload, peak)).collect()
}

/// The highest rate at which either side multiplied large matrices.
fn peak_flops(results: &Results) -> Option<f64> {
    let products = results.workloads.iter().filter(|w| w.name.contains("matrix-product"));
    let rates = products.flat_map(|workload| {
        let sides = std::iter::once(&workload.ours).chain(workload.peer.values());
        sides.filter_map(|side| Some(workload.flops? / side.summary().minimum))
    });
    rates.max_by(f64::total_cmp)
}

fn row(workload: &Workload, peak: Option<f64>) -> [String; 9] {
    let ours = workload.ours.summary();
    let theirs = workload.comparison();
    let of_theirs = |cell: &dyn Fn(&super::results::Comparison) -> String| {
        theirs.as_ref().map_or_else(String::new, cell)
    };
    [
        workload.name.clone(),
        milliseconds(ours.median),
        percent(ours.spread),
        of_theirs(&|c| milliseconds(c.theirs.median)),
        of_theirs(&|c| percent(c.theirs.spread)),
        of_theirs(&|c| c.variant.to_owned()),
        of_theirs(&|c| format!("{:.2}", c.ratio)),
        of_theirs(&|c| format!("{:.2}", c.ratio_of_minima)),
        reached(workload, ours.median, peak),
    ]
}

/// The share of the peak for arithmetic, the rate for what moves memory.
fn reached(workload: &Workload, seconds: f64, peak: Option<f64>) -> String {
    match (workload.flops, workload.bytes, peak) {
        (Some(flops), _, Some(peak)) => {
            let rate = flops / seconds;
            format!("{:.0} GFLOP/s, {}", rate / 1e9, percent(rate / peak))
        }
        (Some(flops), _, None) => format!("{:.0} GFLOP/s", flops / seconds / 1e9),
        (None, Some(bytes), _) => format!("{:.1} GB/s", bytes / seconds / 1e9),
        (None, None, _) => String::new(),
    }
}

fn memory(results: &Results) -> Vec<[String; 4]> {
    let measured = |workload: &Workload| {
        let ours = workload.ours.peak_bytes?;
        let theirs = workload.peer.values().filter_map(|sample| sample.peak_bytes).min();
        let megabytes = |bytes: u64| format!("{:.0}", bytes as f64 / 1e6);
        Some([
            workload.name.clone(),
            megabytes(ours),
            theirs.map_or_else(String::new, megabytes),
            theirs.map_or_else(String::new, |t| format!("{:.2}", ours as f64 / t as f64)),
        ])
    };
    results.workloads.iter().filter_map(measured).collect()
}

/// Three digits at least.
pub fn milliseconds(seconds: f64) -> String {
    let milliseconds = 1e3 * seconds;
    let places = (2 - milliseconds.max(1e-3).log10().floor() as i32).clamp(0, 4) as usize;
    format!("{milliseconds:.places$}")
}

/// Without places.
pub fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}

/// Aligned: names to the left, the rest to the right.
pub fn columns<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> Vec<String> {
    let header = header.map(str::to_owned);
    let all: Vec<&[String; N]> = std::iter::once(&header).chain(rows).collect();
    let widths: [usize; N] =
        std::array::from_fn(|at| all.iter().map(|row| row[at].len()).max().unwrap_or(0));
    let cell = |(at, (cell, width)): (usize, (&String, &usize))| {
        if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
    };
    all.iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let mut results = Results::of(&[
            ("machine/copy", &[0.01], &[]),
            ("machine/matrix-product-2048", &[0.05], &[0.04]),
            ("unet/train-8", &[0.5], &[1.0]),
        ]);
        let [copy, product, training] = results.workloads.as_mut_slice() else {
            unreachable!("there are three")
        };
        copy.bytes = Some(1e9);
        product.flops = Some(16e9);
        training.flops = Some(100e9);
        training.ours.peak_bytes = Some(1_500_000_000);
        training.peer.get_mut("default").unwrap().peak_bytes = Some(2_000_000_000);
        results
    }

    #[test]
    fn shares_are_of_the_faster_side() {
        let rows = times(&results());
        // The peak is the peer's: 16e9 / 0.04.
        let reached: Vec<&str> = rows.iter().map(|row| row[8].as_str()).collect();
        assert_eq!(reached, ["100.0 GB/s", "320 GFLOP/s, 80%", "200 GFLOP/s, 50%"]);
    }

    #[test]
    fn a_row_compares_both_sides() {
        let row = &times(&results())[2];
        assert_eq!(
            row[..8],
            ["unet/train-8", "500", "0%", "1000", "0%", "default", "0.50", "0.50"]
        );
        assert_eq!(memory(&results()), [["unet/train-8", "1500", "2000", "0.75"]]);
    }

    #[test]
    fn times_have_three_digits() {
        assert_eq!([1.2345, 0.012_345, 0.000_123_45].map(milliseconds), ["1234", "12.3", "0.123"]);
    }
}
