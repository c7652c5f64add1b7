use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use super::machine::{self, Machine};
use super::memory;
use super::program::{Listed, Listing, Program};
use super::results::{Results, Sample, Workload};
use super::table;
use crate::cargo::{Profile, build, root};

/// Repetitions of quick work.
const MOST: usize = 30;
/// Repetitions of slow work.
const FEWEST: usize = 5;
/// What the repetitions of work in between take together, on each side.
const SECONDS: f64 = 3.0;
/// Rest before a repetition: the other side's threads look out for work for some milliseconds.
const REST: Duration = Duration::from_millis(10);
/// A load beyond which the machine is not idle.
const BUSY: f64 = 0.5;

/// What is to be measured.
#[derive(Debug, Args)]
pub struct Request {
    /// The Python that has PyTorch and torchcfm: its workloads are measured in alternation
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Measure only workloads whose name contains this
    #[arg(long, value_name = "SUBSTRING")]
    only: Option<String>,
    /// Repetitions of each workload; by default 5 of slow ones up to 30 of quick ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    repetitions: Option<u16>,
}

/// The programs at work.
struct Session {
    binary: PathBuf,
    ours: Program,
    peer: Option<Peer>,
    repetitions: Option<u16>,
    commit: String,
    date: String,
    load: Option<f64>,
}

/// The other side.
struct Peer {
    python: PathBuf,
    threads: usize,
    program: Program,
    listing: Listing,
}

impl Request {
    /// The part of a name that was asked for.
    pub fn only(&self) -> Option<&str> {
        self.only.as_deref()
    }

    /// Measures all that was asked for; whatever is there after each workload goes to `keep`, so
    /// that little is lost when the measurement is interrupted.
    pub fn measure(
        &self,
        mut keep: impl FnMut(&Results) -> anyhow::Result<()>,
    ) -> anyhow::Result<Results> {
        let load = machine::load();
        if let Some(load) = load.filter(|load| *load > BUSY) {
            eprintln!("warning: other programs run (load {load:.1}), which falsifies ratios too");
        }
        eprintln!("Building realuid-bench with optimisation ...");
        let binary = build("realuid-bench", "realuid-bench", Profile::Release)?;
        let mut ours = Program::start("realuid-bench", ours_command(&binary).arg("serve"))?;
        let listing = ours.list()?;
        let machine = Machine::this(listing.threads)?;
        let peer = self.peer.as_ref().map(|python| Peer::start(python.clone(), listing.threads));
        let mut session = Session {
            binary,
            ours,
            peer: peer.transpose()?,
            repetitions: self.repetitions,
            commit: machine::commit()?,
            date: machine::date()?,
            load,
        };
        let chosen = |listed: &&Listed| self.only().is_none_or(|part| listed.name.contains(part));
        let mut results = Results::new(machine, Vec::new());
        for listed in listing.workloads.iter().filter(chosen) {
            let workload = session.measure(listed)?;
            eprintln!("{}", table::line(&workload));
            results.workloads.push(workload);
            keep(&results)?;
        }
        ensure!(!results.workloads.is_empty(), "no workload has {:?} in its name", self.only());
        Ok(Results::new(results.machine, results.workloads))
    }
}

impl Session {
    fn measure(&mut self, listed: &Listed) -> anyhow::Result<Workload> {
        let name = listed.name.as_str();
        let variants = self.peer.as_ref().map(|peer| peer.variants(name)).unwrap_or_default();
        let mut ours = Sample::default();
        let mut peer: BTreeMap<String, Sample> = BTreeMap::new();
        let count = self.repetitions(name, &variants)?;
        for _ in 0..count {
            ours.seconds.push(self.repeat_ours(name)?);
            for variant in &variants {
                let seconds = self.repeat_theirs(name, variant)?;
                peer.entry(variant.clone()).or_default().seconds.push(seconds);
            }
        }
        if listed.measures_memory {
            ours.peak_bytes = Some(memory::peak(ours_command(&self.binary), name, "default")?);
            for (variant, sample) in &mut peer {
                let program = self.peer.as_ref().map(|peer| command(&peer.python, peer.threads));
                let peak = program.map(|program| memory::peak(program, name, variant));
                sample.peak_bytes = peak.transpose()?;
            }
        }
        Ok(Workload {
            name: name.to_owned(),
            date: self.date.clone(),
            commit: self.commit.clone(),
            load: self.load,
            peer_version: self.peer.as_ref().map(|peer| peer.listing.version.clone()),
            flops: listed.flops,
            bytes: listed.bytes,
            ours,
            peer,
        })
    }

    /// Prepares the workload on all sides, and says how often to repeat it.
    fn repetitions(&mut self, name: &str, variants: &[String]) -> anyhow::Result<usize> {
        let first = self.ours.run(name, "default")?;
        let mut slowest = first.seconds * f64::from(first.executions);
        for variant in variants {
            slowest = slowest.max(self.repeat_theirs(name, variant)?);
        }
        Ok(self.repetitions.map_or_else(|| repetitions(slowest), usize::from))
    }

    fn repeat_ours(&mut self, name: &str) -> anyhow::Result<f64> {
        sleep(REST);
        Ok(rounded(self.ours.run(name, "default")?.seconds))
    }

    fn repeat_theirs(&mut self, name: &str, variant: &str) -> anyhow::Result<f64> {
        sleep(REST);
        let peer = self.peer.as_mut().expect("only a peer has variants");
        Ok(rounded(peer.program.run(name, variant)?.seconds))
    }
}

impl Peer {
    fn start(python: PathBuf, threads: usize) -> anyhow::Result<Self> {
        let mut program = Program::start("the peer", command(&python, threads).arg("serve"))?;
        let listing = program.list()?;
        ensure!(
            listing.threads == threads,
            "the peer uses {} threads, where {threads} were asked for",
            listing.threads
        );
        Ok(Self { python, threads, program, listing })
    }

    /// In which ways it can run the workload; none if it does not know it.
    fn variants(&self, workload: &str) -> Vec<String> {
        let found = self.listing.workloads.iter().find(|listed| listed.name == workload);
        found.map(|listed| listed.variants.clone()).unwrap_or_default()
    }
}

/// Our program, up to the name of its command.
fn ours_command(binary: &PathBuf) -> Command {
    let mut command = Command::new(binary);
    command.args(["--device", "cpu"]);
    command
}

/// The peer's program, up to the name of its command.
fn command(python: &PathBuf, threads: usize) -> Command {
    let mut command = Command::new(python);
    command.arg(root().join("benches/peers/main.py"));
    command.args([OsStr::new("--threads"), OsStr::new(&threads.to_string())]);
    // No compiled modules in the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// As many repetitions as fit into the time, within limits.
fn repetitions(seconds: f64) -> usize {
    ((SECONDS / seconds.max(1e-3)).round() as usize).clamp(FEWEST, MOST)
}

/// To four significant digits: more is noise, and the file is read by people.
fn rounded(seconds: f64) -> f64 {
    format!("{seconds:.3e}").parse().unwrap_or(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_work_is_repeated_less() {
        assert_eq!([1e-6, 0.02, 0.2, 0.5, 60.0].map(repetitions), [30, 30, 15, 6, 5]);
    }

    #[test]
    fn seconds_keep_four_digits() {
        let digits = [0.001_234_567, 12.345_678].map(|seconds| rounded(seconds).to_string());
        assert_eq!(digits, ["0.001235", "12.35"]);
    }
}
