pub mod folder;
mod measurement;
pub mod plan;
mod table;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;

use crate::cargo::{Profile, below_root, build};
use crate::process;
use measurement::Measurement;
use plan::Plan;

/// Samples of each model that are compared with as many examples.
const SAMPLES: &str = "2000";

/// `cargo xtask demo`
#[derive(Debug, Args)]
pub struct Arguments {
    /// Points in the plane instead of digits: under a minute
    #[arg(long)]
    toy: bool,
    /// Folder of the runs; must not exist or be empty. A fresh one under runs/ if not given
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A model of the demo: what the table calls it and which run holds it.
struct Stage {
    title: &'static str,
    run: PathBuf,
    /// How it is sampled; a generator needs no solver.
    solver: &'static [&'static str],
    time: Duration,
}

/// The steps of the teacher.
const SOLVER: [&str; 4] = ["--solver", "euler", "--steps", "100"];

/// The binary, and what it is asked to do.
struct Demo {
    realuid: PathBuf,
    plan: Plan,
    out: PathBuf,
}

impl Arguments {
    pub fn run(self) -> anyhow::Result<()> {
        let plan = if self.toy { Plan::toy() } else { Plan::digits() };
        let out = match self.out {
            Some(out) => folder::chosen(out)?,
            None => folder::fresh(&below_root("runs"), plan.name),
        };
        println!("Building realuid with optimisation (its time is not counted) ...");
        let realuid = build("realuid-train", "realuid", Profile::Release)?;
        Demo { realuid, plan, out }.run()
    }
}

impl Demo {
    fn run(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        let stages = self.train()?;
        let measurements = stages
            .iter()
            .map(|stage| self.measure(stage))
            .collect::<anyhow::Result<Vec<Measurement>>>()?;
        let report = self.out.join("report.html");
        self.report(&stages, &report)?;

        println!("\n{}", table::measurements(self.plan.judge, &measurements));
        let times: Vec<_> = stages.iter().map(|stage| (stage.title, stage.time)).collect();
        println!("\n{}", table::times(&times, start.elapsed()));
        println!("\nSee {}", report.display());
        let [teacher, students @ ..] = measurements.as_slice() else {
            unreachable!("there are three stages")
        };
        self.plan.judge.verdict(teacher, students)
    }

    /// Trains the teacher, then distils it without data and with data.
    fn train(&self) -> anyhow::Result<Vec<Stage>> {
        let teacher = self.out.join("teacher");
        let from = [OsStr::new("--teacher"), teacher.as_os_str()];
        let mut without_data = from.to_vec();
        without_data.extend(plan::WITHOUT_DATA.map(OsStr::new));
        Ok(vec![
            self.stage("Teacher", "teacher", &[])?,
            self.stage("UID", "distill", &without_data)?,
            self.stage("RealUID", "distill", &from)?,
        ])
    }

    fn stage(
        &self,
        title: &'static str,
        command: &str,
        arguments: &[&OsStr],
    ) -> anyhow::Result<Stage> {
        let run = self.out.join(title.to_lowercase());
        let start = Instant::now();
        let mut realuid = self.realuid();
        realuid.arg(command).arg("--config").arg(below_root(self.plan.recipe));
        realuid.args(arguments).arg("--out").arg(&run);
        say(title, &realuid);
        process::run(&mut realuid)?;
        let solver: &[&str] = if command == "teacher" { &SOLVER } else { &[] };
        Ok(Stage { title, run, solver, time: start.elapsed() })
    }

    fn measure(&self, stage: &Stage) -> anyhow::Result<Measurement> {
        let mut realuid = self.realuid();
        realuid.arg("evaluate").arg("--model").arg(&stage.run);
        realuid.args(["--data", &self.plan.data()?, "--num", SAMPLES, "--json"]);
        realuid.args(stage.solver);
        say("Measure", &realuid);
        let text = process::read(&mut realuid)?;
        Measurement::parse(stage.title, &text)
            .with_context(|| format!("reading what `realuid evaluate` found in {text:?}"))
    }

    fn report(&self, stages: &[Stage], page: &Path) -> anyhow::Result<()> {
        let mut realuid = self.realuid();
        realuid.arg("report");
        for stage in stages {
            realuid.arg(format!("{}={}", stage.title, stage.run.display()));
        }
        realuid.arg("--out").arg(page);
        say("Report", &realuid);
        process::read(&mut realuid)?;
        ensure!(page.is_file(), "expected a page at {}, found none", page.display());
        Ok(())
    }

    fn realuid(&self) -> Command {
        Command::new(&self.realuid)
    }
}

/// Tells what comes next, as a command that can be typed again.
fn say(title: &str, command: &Command) {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
    println!("\n== {title}: realuid {}", words.join(" "));
}
