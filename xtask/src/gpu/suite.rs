use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

use super::budget::Budget;
use super::bundle::Bundle;
use super::measure::{self, Sides};
use super::programs::Programs;
use super::results::{Check, Conditions, Device, Results, Verdict};
use super::side::Side;
use super::{correctness, table};
use crate::bench::machine;
use crate::bench::program::parse;
use crate::process;

/// What the suite is to do on this machine.
#[derive(Debug, Args)]
pub struct Options {
    /// The Python that has PyTorch: its workloads are measured too, and its libraries of NVIDIA's are used
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Rehearse without a GPU: tiny sizes, measured on the processor; comparisons take a GPU if there is one
    #[arg(long)]
    rehearse: bool,
    /// How long it may take; what does not fit is said
    #[arg(long, value_name = "SECONDS", default_value_t = 460)]
    seconds: u64,
    /// Images in a batch; by default 256
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Where the result is kept; by default `gpu.json` here with --in, otherwise in cargo's target folder
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the tables into this page of Markdown too, between its two marker comments
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// The shares of the time that parts of the suite may take at most; the compiler of the peer gets what
/// is left.
const CHECK: f64 = 0.15;
const PARITY: f64 = 0.12;
const DISTIL: f64 = 0.12;
const STEPS: f64 = 0.35;
const PROFILE: f64 = 0.2;

/// The suite at work.
struct Session<'a> {
    bundle: &'a Bundle,
    programs: Programs,
    arguments: &'a Options,
    budget: Budget,
    out: PathBuf,
    results: Results,
}

impl Options {
    /// Everything, in the order in which it matters; fails at the end if a comparison has.
    pub fn run(&self, bundle: &Bundle, out: PathBuf) -> anyhow::Result<()> {
        let mut session = Session::start(self, bundle, self.out.clone().unwrap_or(out))?;
        session.compare();
        session.save()?;
        if let Err(error) = session.measure() {
            eprintln!("error: {error:#}");
            session.failed("measurements", &error);
        }
        session.save()?;
        session.tell()
    }

    /// Prints the tables of a result, and writes them into the page that was asked for.
    pub fn show(&self, results: &Results) -> anyhow::Result<()> {
        println!("{}", table::markdown(results));
        self.markdown.as_ref().map_or(Ok(()), |page| table::write_into(page, results))
    }

    fn network(&self) -> &'static str {
        if self.rehearse { "tiny" } else { "published" }
    }

    fn batch(&self) -> usize {
        self.batch.unwrap_or(if self.rehearse { 2 } else { 256 })
    }

    /// Where workloads are executed.
    fn device(&self) -> &'static str {
        if self.rehearse { "cpu" } else { "cuda" }
    }

    /// A rehearsal is about everything but speed, and threads that wait for each other take long where
    /// others run.
    fn peer_threads(&self) -> &'static [&'static str] {
        if self.rehearse { &["--threads", "1"] } else { &[] }
    }

    /// What both sides are told of the workloads.
    fn suite(&self) -> [String; 6] {
        let batch = self.batch().to_string();
        ["--suite", "gpu", "--batch", &batch, "--network", self.network()].map(str::to_owned)
    }
}

impl<'a> Session<'a> {
    fn start(arguments: &'a Options, bundle: &'a Bundle, out: PathBuf) -> anyhow::Result<Self> {
        let budget = Budget::new(Duration::from_secs(arguments.seconds));
        let programs = Programs::new(bundle, arguments.peer.as_deref())?;
        let mut describe = programs.ours(arguments.device());
        let device: Device = parse(process::read(describe.arg("device"))?.trim())
            .context("asking which device there is")?;
        let conditions = Conditions {
            commit: bundle.origin.commit.clone(),
            compiler: bundle.origin.compiler.clone(),
            date: machine::date()?,
            device,
            processor: machine::processor_name(),
            peer_version: None,
            batch: arguments.batch(),
            network: arguments.network().to_owned(),
        };
        eprintln!("{conditions}");
        let results = Results::new(conditions);
        Ok(Self { bundle, programs, arguments, budget, out, results })
    }

    /// The comparisons, each as long as its share of the time lasts.
    fn compare(&mut self) {
        // A rehearsal takes an emulated GPU where one is set up.
        let device = if self.arguments.rehearse { "auto" } else { "cuda" };
        let fixtures = self.bundle.fixtures();
        let mut check = vec![OsString::from("check")];
        if !self.arguments.rehearse {
            check.push("--published-sizes".into());
        }
        for (part, share, arguments) in [
            ("check", CHECK, check),
            ("parity", PARITY, vec!["parity".into(), fixtures.into_os_string()]),
            ("distil", DISTIL, vec!["distil".into()]),
        ] {
            let mut command = self.programs.ours(device);
            command.args(arguments);
            let deadline = self.budget.part(share);
            let checks = &mut self.results.checks;
            correctness::run(part, command, deadline, |check| {
                if check.outcome == Verdict::Failed {
                    eprintln!("{}: failed {} {}", check.part, check.name, check.detail);
                }
                checks.push(check);
            });
            let of_part = |check: &&Check| check.part == part;
            let passed = self.results.checks.iter().filter(of_part);
            let passed = passed.filter(|check| check.outcome == Verdict::Passed).count();
            eprintln!("{part}: {passed} passed, {:.0} s so far", self.budget.seconds());
        }
    }

    /// The workloads, steps first; the peer's compiled ones last, since nobody knows how long that takes.
    fn measure(&mut self) -> anyhow::Result<()> {
        let mut sides = self.sides()?;
        self.results.conditions.peer_version =
            sides.peer.as_ref().map(|peer| peer.listing.version.clone());
        let is_step = |name: &str| name.starts_with("gpu/");
        for (share, wanted) in [(STEPS, true), (PROFILE, false)] {
            let deadline = self.budget.part(share);
            for listed in sides.ours.listing.workloads.clone() {
                if is_step(&listed.name) == wanted {
                    let workload = self.results.workload(&listed.name);
                    measure::both(&mut sides, &listed, deadline, workload);
                    eprintln!("{}", table::line(workload));
                    self.save()?;
                }
            }
        }
        let mut compiled = sides.ours.listing.workloads.clone();
        compiled.sort_by_key(|listed| measure::urgency(&listed.name));
        for listed in compiled {
            let workload = self.results.workload(&listed.name);
            if measure::compiled(&mut sides, &listed, self.budget.rest(), workload) {
                eprintln!("{}", table::line(workload));
                self.save()?;
            }
        }
        Ok(())
    }

    /// Both programs, waiting for requests. A peer that does not start is a failure, and ours is measured
    /// alone.
    fn sides(&mut self) -> anyhow::Result<Sides> {
        let deadline = self.budget.rest();
        let (device, suite) = (self.arguments.device(), self.arguments.suite());
        let (programs, with) = (self.programs.clone(), suite.clone());
        let ours = Side::start("realuid-bench", deadline, move || {
            let mut command = programs.ours(device);
            command.arg("serve").args(&with);
            command
        })?;
        if !self.programs.has_peer() {
            return Ok(Sides { ours, peer: None });
        }
        let (programs, threads) = (self.programs.clone(), self.arguments.peer_threads());
        let peer = Side::start("the peer", deadline, move || {
            let mut command = programs.peer(device);
            command.args(threads).args(&suite).arg("serve");
            command
        });
        let peer = peer.map_err(|error| self.failed("the peer", &error)).ok();
        Ok(Sides { ours, peer })
    }

    /// Something that ends the suite early is a failure like any other.
    fn failed(&mut self, part: &str, error: &anyhow::Error) {
        let (part, name) = (part.to_owned(), "to the end".to_owned());
        let detail = format!("{error:#}");
        self.results.checks.push(Check { part, name, outcome: Verdict::Failed, detail });
    }

    fn save(&mut self) -> anyhow::Result<()> {
        self.results.seconds = self.budget.seconds().round();
        self.results.save(&self.out)
    }

    fn tell(self) -> anyhow::Result<()> {
        self.arguments.show(&self.results)?;
        println!("\nKept in {}", self.out.display());
        match self.results.count(Verdict::Failed) {
            0 => Ok(()),
            failed => bail!("{failed} comparisons failed, see above"),
        }
    }
}
