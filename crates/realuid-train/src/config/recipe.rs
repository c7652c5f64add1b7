use serde::{Deserialize, Serialize};

use super::{ComputeConfig, DataConfig, DistillConfig, TeacherConfig};
use crate::{Error, Result};

/// A whole recipe, from data to a generator: one file for `realuid teacher` and `realuid distill`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Names every random stream of the run.
    #[serde(default)]
    pub seed: u64,
    /// `[data]`.
    pub data: DataConfig,
    /// `[compute]`.
    #[serde(default)]
    pub compute: ComputeConfig,
    /// `[teacher]`, which `realuid teacher` needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<TeacherConfig>,
    /// `[distill]`, which `realuid distill` needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distill: Option<DistillConfig>,
}

impl Recipe {
    /// How the teacher is trained, or an error that says what is missing.
    pub fn teacher(&self) -> Result<&TeacherConfig> {
        self.teacher.as_ref().ok_or_else(|| missing("teacher"))
    }

    /// How the teacher is distilled, or an error that says what is missing.
    pub fn distill(&self) -> Result<&DistillConfig> {
        self.distill.as_ref().ok_or_else(|| missing("distill"))
    }

    /// Fails with the first field whose value makes no sense, naming it.
    pub fn validate(&self) -> Result<()> {
        self.data.validate()?;
        self.teacher.iter().try_for_each(TeacherConfig::validate)?;
        self.distill.iter().try_for_each(DistillConfig::validate)
    }
}

fn missing(table: &str) -> Error {
    let problem = format!("expected a table [{table}], found none; see the files in configs/");
    Error::config("recipe", problem)
}
