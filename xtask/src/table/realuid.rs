use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde::Deserialize;

use crate::cargo::{Profile, build};
use crate::process;

/// The command `realuid`, compiled with optimisation, on one thread.
pub struct Realuid {
    program: PathBuf,
}

/// A run to make.
pub struct Run<'a> {
    pub recipe: &'a Path,
    /// Changes of the recipe, as `--set` takes them.
    pub settings: &'a [String],
    pub out: &'a Path,
}

/// What `realuid evaluate --json` says, as far as tables show it.
#[derive(Clone, Debug, Deserialize)]
pub struct Evaluation {
    pub sliced_wasserstein: f64,
    pub energy_distance: f64,
    pub precision: f64,
    #[serde(default)]
    pub classes: Option<Classes>,
}

/// To which classes the samples belong.
#[derive(Clone, Debug, Deserialize)]
pub struct Classes {
    pub samples: Vec<f64>,
    pub data: Vec<f64>,
    pub total_variation: f64,
    #[serde(default)]
    pub near_class_means: Option<f64>,
}

impl Classes {
    /// The share of `class` when the part `c` of the gap from these samples to the data is closed.
    pub fn corrected(&self, class: usize, c: f64) -> f64 {
        let own = self.samples[class];
        own + c * (self.data[class] - own)
    }
}

impl Realuid {
    pub fn build() -> anyhow::Result<Self> {
        println!("Building realuid with optimisation (its time is not counted) ...");
        Ok(Self { program: build("realuid-train", "realuid", Profile::Release)? })
    }

    /// Trains a teacher.
    pub fn teach(&self, run: &Run) -> anyhow::Result<()> {
        self.learn("teacher", run, &[])
    }

    /// Distils the teacher in the run `teacher`.
    pub fn distil(&self, run: &Run, teacher: &Path) -> anyhow::Result<()> {
        self.learn("distill", run, &["--teacher".as_ref(), teacher])
    }

    /// Compares samples of `model` with `data`.
    pub fn evaluate(
        &self,
        model: &Path,
        data: &str,
        arguments: &[&str],
    ) -> anyhow::Result<Evaluation> {
        let mut command = self.command("evaluate");
        command.arg("--model").arg(model).args(["--data", data, "--json"]).args(arguments);
        let text = process::quiet(&mut command)?;
        serde_json::from_str(&text)
            .with_context(|| format!("reading what `realuid evaluate` found in {text:?}"))
    }

    fn learn(&self, name: &str, run: &Run, arguments: &[&Path]) -> anyhow::Result<()> {
        let mut command = self.command(name);
        command.arg("--config").arg(run.recipe).args(arguments).arg("--out").arg(run.out);
        for setting in run.settings {
            command.args(["--set", setting]);
        }
        process::quiet(&mut command).map(|_| ())
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(name).env("RAYON_NUM_THREADS", "1");
        command
    }
}
