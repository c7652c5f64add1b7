//! What the suite has found, as it is kept in a file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::bench::results::Sample;
use crate::result_file;

/// Raised when the file changes its meaning.
const FORMAT: u32 = 1;

/// Everything found on one machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub format: u32,
    pub conditions: Conditions,
    /// What was compared, in the order in which it was.
    pub checks: Vec<Check>,
    pub workloads: Vec<Workload>,
    /// How long the whole suite took.
    pub seconds: f64,
}

/// Under which it was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    pub commit: String,
    pub compiler: String,
    pub date: String,
    pub device: Device,
    pub processor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peer_version: Option<String>,
    /// Images in a batch.
    pub batch: usize,
    pub network: String,
}

/// Where the workloads were executed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compute_capability: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// A comparison with the processor or with golden numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which part of the suite made it.
    pub part: String,
    pub name: String,
    pub outcome: Verdict,
    /// How far off, or why not.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    Failed,
    Skipped,
}

/// One workload on both sides, by variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<f64>,
    /// In f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
    pub ours: BTreeMap<String, Outcome>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub peer: BTreeMap<String, Outcome>,
}

/// What came of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    Measured(Sample),
    NotMeasured {
        /// Why.
        not_measured: String,
    },
}

impl Results {
    pub fn new(conditions: Conditions) -> Self {
        Self { format: FORMAT, conditions, checks: Vec::new(), workloads: Vec::new(), seconds: 0.0 }
    }

    pub fn load(path: &Path) -> anyhow::Result<Self> {
        result_file::load(path, FORMAT, |results: &Self| results.format)
    }

    /// Writes the file, a check or a workload a line.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = format!(
            "{{\"format\": {},\n \"conditions\": {},\n \"seconds\": {:.0},\n \"checks\": [\n{}\n],\n \
             \"workloads\": [\n{}\n]}}\n",
            self.format,
            serde_json::to_string(&self.conditions)?,
            self.seconds,
            result_file::lines(&self.checks)?,
            result_file::lines(&self.workloads)?
        );
        result_file::save(path, &text)
    }

    /// The entry of a workload, made where there is none.
    pub fn workload(&mut self, name: &str) -> &mut Workload {
        let at = self.workloads.iter().position(|workload| workload.name == name);
        let at = at.unwrap_or_else(|| {
            self.workloads.push(Workload { name: name.to_owned(), ..Workload::default() });
            self.workloads.len() - 1
        });
        &mut self.workloads[at]
    }

    /// How many checks came out so.
    pub fn count(&self, outcome: Verdict) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }
}

impl Outcome {
    /// Of work that was left out.
    pub fn not_measured(why: impl Into<String>) -> Self {
        Self::NotMeasured { not_measured: why.into() }
    }

    /// The repetitions, where there are some.
    pub fn sample(&self) -> Option<&Sample> {
        match self {
            Self::Measured(sample) => Some(sample),
            Self::NotMeasured { .. } => None,
        }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { commit, compiler, date, device, processor, peer_version, batch, network } = self;
        write!(f, "{device}; host {processor}; {compiler}. ")?;
        if let Some(peer) = peer_version {
            write!(f, "Against {peer}. ")?;
        }
        write!(f, "Network {network}, batch {batch}; commit {commit}, {date}.")
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { kind, name, compute_capability, bytes } = self;
        write!(f, "{}", name.as_deref().unwrap_or(kind))?;
        if let Some(capability) = compute_capability {
            write!(f, ", compute capability {capability}")?;
        }
        match bytes {
            Some(bytes) => write!(f, ", {:.0} GiB", *bytes as f64 / f64::from(1 << 30)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_everything() {
        let device = Device { kind: "cuda".into(), name: Some("G".into()), ..Device::default() };
        let mut results = Results::new(Conditions { device, batch: 2, ..Conditions::default() });
        results.checks.push(Check {
            part: "check".into(),
            name: "ops/silu/f32".into(),
            outcome: Verdict::Failed,
            detail: "0.5".into(),
        });
        let sample = Sample { seconds: vec![0.5, 0.25], ..Sample::default() };
        results.workload("gpu/a").ours.insert("tf32".into(), Outcome::Measured(sample));
        results.workload("gpu/a").peer.insert("bf16".into(), Outcome::not_measured("no memory"));
        let path = std::env::temp_dir().join(format!("gpu-{}.json", std::process::id()));
        results.save(&path).unwrap();
        let again = Results::load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(again, results);
        assert_eq!((again.workloads.len(), again.count(Verdict::Failed)), (1, 1));
    }
}
