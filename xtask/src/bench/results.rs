//! What was measured, as it is kept in a file.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::statistics::Summary;
use crate::result_file;

/// Raised when the file changes its meaning.
const FORMAT: u32 = 1;

/// Every workload that was measured on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub format: u32,
    pub machine: Machine,
    pub workloads: Vec<Workload>,
}

/// One workload, measured on both sides in alternation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    pub name: String,
    pub date: String,
    pub commit: String,
    /// Programs that wanted to run in the minute before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// The peer and its version, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
    pub ours: Sample,
    /// By the peer's variant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peer: BTreeMap<String, Sample>,
}

/// All repetitions on one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Of one execution, by repetition.
    pub seconds: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_bytes: Option<u64>,
    /// What was in use of it, where a GPU's allocator tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_bytes: Option<u64>,
}

/// Ours against the fastest of the peer's variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison<'a> {
    pub variant: &'a str,
    pub theirs: Summary,
    /// Of the medians, ours over theirs.
    pub ratio: f64,
    pub ratio_of_minima: f64,
}

impl Results {
    /// Sorted by name, so that a part measured later finds its place.
    pub fn new(machine: Machine, mut workloads: Vec<Workload>) -> Self {
        workloads.sort_by(|a, b| a.name.cmp(&b.name));
        Self { format: FORMAT, machine, workloads }
    }

    pub fn load(path: &Path) -> anyhow::Result<Self> {
        result_file::load(path, FORMAT, |results: &Self| results.format)
    }

    /// Writes the file, a workload a line.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = format!(
            "{{\"format\": {},\n \"machine\": {},\n \"workloads\": [\n{}\n]}}\n",
            self.format,
            serde_json::to_string(&self.machine)?,
            result_file::lines(&self.workloads)?
        );
        result_file::save(path, &text)
    }

    /// The workload called `name`.
    pub fn get(&self, name: &str) -> Option<&Workload> {
        self.workloads.iter().find(|workload| workload.name == name)
    }

    /// Only the workloads whose names contain `part`.
    #[must_use]
    pub fn only(mut self, part: Option<&str>) -> Self {
        self.workloads.retain(|workload| part.is_none_or(|part| workload.name.contains(part)));
        self
    }

    /// With what `earlier` holds of workloads that are not in here, if it is of a like machine.
    #[must_use]
    pub fn with_others_of(mut self, earlier: Self) -> Self {
        if !self.machine.is_like(&earlier.machine) {
            return self;
        }
        let others = earlier.workloads.into_iter().filter(|other| self.get(&other.name).is_none());
        let others: Vec<Workload> = others.collect();
        self.workloads.extend(others);
        Self::new(self.machine, self.workloads)
    }

    /// Workloads named `name` with one second-list for ours and one for the peer's default variant.
    #[cfg(test)]
    pub fn of(workloads: &[(&str, &[f64], &[f64])]) -> Self {
        let sample = |seconds: &[f64]| Sample { seconds: seconds.to_vec(), ..Sample::default() };
        let workload = |(name, ours, peer): &(&str, &[f64], &[f64])| Workload {
            name: (*name).to_owned(),
            date: "2026-01-02".into(),
            commit: "abc".into(),
            load: None,
            peer_version: None,
            flops: None,
            bytes: None,
            ours: sample(ours),
            peer: (!peer.is_empty())
                .then(|| ("default".to_owned(), sample(peer)))
                .into_iter()
                .collect(),
        };
        Self::new(Machine::default(), workloads.iter().map(workload).collect())
    }
}

impl Workload {
    /// Against the variant with the least median, if there is a peer.
    pub fn comparison(&self) -> Option<Comparison<'_>> {
        let ours = self.ours.summary();
        let summaries = self.peer.iter().map(|(name, sample)| (name, sample.summary()));
        let (variant, theirs) = summaries.min_by(|(_, a), (_, b)| a.median.total_cmp(&b.median))?;
        Some(Comparison {
            variant,
            theirs,
            ratio: ours.median / theirs.median,
            ratio_of_minima: ours.minimum / theirs.minimum,
        })
    }
}

impl Sample {
    pub fn summary(&self) -> Summary {
        Summary::of(&self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_variant_is_compared() {
        let mut results = Results::of(&[("a", &[1.0, 2.0, 3.0], &[8.0, 8.0, 2.5])]);
        let workload = &mut results.workloads[0];
        let other = Sample { seconds: vec![4.0, 4.0, 3.0], ..Sample::default() };
        workload.peer.insert("channels_last".into(), other);
        let comparison = workload.comparison().unwrap();
        assert_eq!(comparison.variant, "channels_last");
        assert_eq!((comparison.ratio, comparison.ratio_of_minima), (0.5, 1.0 / 3.0));
        assert_eq!(Results::of(&[("a", &[1.0], &[])]).workloads[0].comparison(), None);
    }

    #[test]
    fn a_file_holds_everything() {
        let results = Results::of(&[("a", &[0.1, 0.25], &[3.0]), ("b", &[0.5], &[])]);
        let path = std::env::temp_dir().join(format!("bench-{}.json", std::process::id()));
        results.save(&path).unwrap();
        let again = Results::load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(again, results);
    }

    #[test]
    fn what_was_not_measured_again_stays() {
        let earlier = Results::of(&[("a", &[1.0], &[]), ("b", &[2.0], &[])]);
        let later = Results::of(&[("c", &[4.0], &[]), ("b", &[3.0], &[])]);
        let both = later.with_others_of(earlier);
        let expected = Results::of(&[("a", &[1.0], &[]), ("b", &[3.0], &[]), ("c", &[4.0], &[])]);
        assert_eq!(both, expected);
    }

    #[test]
    fn results_of_another_machine_are_not_mixed_in() {
        let mut earlier = Results::of(&[("a", &[1.0], &[])]);
        earlier.machine.threads = 64;
        let later = Results::of(&[("b", &[1.0], &[])]).with_others_of(earlier);
        assert!(later.get("a").is_none());
    }
}
