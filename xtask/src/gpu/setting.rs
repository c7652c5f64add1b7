use std::collections::BTreeMap;

use super::results::{Outcome, Workload};
use crate::bench::results::Sample;

/// A way to compute in which both sides are compared.
pub struct Setting {
    pub name: &'static str,
    /// Our variants, of which the fastest is taken.
    ours: &'static [&'static str],
    /// The peer's.
    peer: &'static [&'static str],
    /// The matrix product whose rate is the peak here.
    pub peak: &'static str,
    /// Bytes of a number that is moved, as a share of those of f32.
    pub width: f64,
}

/// Every one, the exact first.
pub const SETTINGS: [Setting; 4] = [
    Setting { name: "f32", ours: &["f32"], peer: &["f32"], peak: "f32", width: 1.0 },
    // The official code has convolutions in TF32 and products of matrices in f32.
    Setting {
        name: "tf32",
        ours: &["tf32", "tf32-graph"],
        peer: &["tf32", "published"],
        peak: "tf32",
        width: 1.0,
    },
    Setting {
        name: "bf16",
        ours: &["bf16", "bf16-graph"],
        peer: &["bf16"],
        peak: "bf16",
        width: 0.5,
    },
    Setting {
        name: "compiled",
        ours: &["bf16-graph", "bf16"],
        peer: &["compile"],
        peak: "bf16",
        width: 0.5,
    },
];

impl Setting {
    /// What ours and the peer's have come to; none where this setting adds nothing to the others.
    pub fn of<'a>(&self, workload: &'a Workload) -> Option<[Option<&'a Sample>; 2]> {
        let Workload { ours, peer, .. } = workload;
        let has = |side: &BTreeMap<String, Outcome>, variants: &[&str]| {
            variants.iter().any(|variant| side.contains_key(*variant))
        };
        // The first of our variants is the setting's own; others may be those of another one.
        let known = has(ours, &self.ours[..1]) || has(peer, self.peer);
        known.then(|| [fastest(ours, self.ours), fastest(peer, self.peer)])
    }
}

/// The variant with the least median.
fn fastest<'a>(all: &'a BTreeMap<String, Outcome>, variants: &[&str]) -> Option<&'a Sample> {
    let found = variants.iter().filter_map(|variant| all.get(*variant)?.sample());
    let median = |sample: &&Sample| sample.summary().median;
    found.min_by(|a, b| median(a).total_cmp(&median(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_of_ours_stands_against_what_the_peer_compiled() {
        let sample =
            |seconds| Outcome::Measured(Sample { seconds: vec![seconds], ..Sample::default() });
        let mut workload = Workload::default();
        workload.ours.insert("bf16".into(), sample(2.0));
        let [_, _, bf16, compiled] = &SETTINGS;
        assert!(bf16.of(&workload).is_some() && compiled.of(&workload).is_none());
        workload.ours.insert("bf16-graph".into(), sample(1.0));
        workload.peer.insert("compile".into(), Outcome::not_measured("no compiler"));
        let [ours, peer] = compiled.of(&workload).unwrap();
        assert_eq!(ours.unwrap().seconds, [1.0]);
        assert!(peer.is_none());
    }
}
