//! What follows from the path where a recipe does not say it, as numbers and names.
//!
//! They are written into a run's own file, so that a default that changes later changes no run that is
//! resumed.

use super::determines::check_determines;
use super::{DistillConfig, PathConfig, Recipe, TeacherConfig};
use crate::model::fitting_solver;
use crate::{Error, Result};

impl Recipe {
    /// This recipe with the training times and the solver of its teacher filled in; fails where they do
    /// not fit the path.
    pub fn resolved_for_teacher(&self) -> Result<Self> {
        Ok(Self { teacher: Some(self.teacher()?.resolved()?), ..self.clone() })
    }

    /// This recipe with what its distillation takes from the path of the teacher filled in, see
    /// [`DistillConfig::resolved`].
    pub fn resolved_for_distillation(&self, path: &PathConfig) -> Result<Self> {
        Ok(Self { distill: Some(self.distill()?.resolved(path)?), ..self.clone() })
    }
}

impl TeacherConfig {
    fn resolved(&self) -> Result<Self> {
        let mut config = self.clone();
        config.time = Some(self.times()?);
        let solver = &mut config.output.evaluation.solver;
        *solver = fitting_solver(&self.path, solver)?;
        Ok(config)
    }
}

impl DistillConfig {
    /// This distillation of a teacher on `path`, with the times of training, of the generator and of the
    /// critic, and the teacher's solver filled in.
    ///
    /// Fails where its objective is in a prediction that the networks' does not determine, where the
    /// loss is infinite at one of the times, and where the solver does not fit.
    pub fn resolved(&self, path: &PathConfig) -> Result<Self> {
        let aim = self.aim()?;
        let interpolant = path.interpolant()?;
        let span = interpolant.times();
        if let Some(prediction) = aim.prediction {
            let middle = f64::midpoint(span.data, span.source);
            check_determines(interpolant.as_ref(), path.prediction, prediction, middle)
                .map_err(|problem| Error::config("distill.objective.prediction", problem))?;
        }
        let mut config = self.clone();
        config.time = Some(path.times(self.time, &aim.form(), "distill.time")?);
        config.generator.times = Some(self.generator.times(path)?);
        config.adversarial = self.adversarial.map(|adversarial| adversarial.resolved(span));
        let solver = &mut config.output.evaluation.solver;
        *solver = fitting_solver(path, solver)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SolverName, TimeConfig, parse, to_toml};

    const RECIPE: &str = r#"
        [data]
        uri = "toy:moons"
        [teacher]
        network = { architecture = "mlp", data_shape = [2], hidden = 16, blocks = 1 }
        optimizer = { learning_rate = 1e-3 }
        train = { steps = 10, batch_size = 8 }
        [distill]
        objective = { preset = "sid" }
        generator = {}
        generator_optimizer = { learning_rate = 1e-3 }
        fake_optimizer = { learning_rate = 1e-3 }
        train = { steps = 10, batch_size = 8 }
        adversarial = { generator_weight = 1.0, critic_weight = 3.0 }
    "#;

    fn recipe(changes: &[&str]) -> Recipe {
        let changes: Vec<String> = changes.iter().map(|&change| change.into()).collect();
        parse(RECIPE, "test", &changes).unwrap()
    }

    fn reads_back_the_same(recipe: &Recipe) {
        let written = to_toml(recipe).unwrap();
        assert_eq!(&parse(&written, "written", &[]).unwrap(), recipe, "{written}");
    }

    #[test]
    fn a_teachers_times_and_solver_follow_from_its_path() {
        let uniform = |low, high| Some(TimeConfig::Uniform { low, high });
        for (changes, time, solver) in [
            (&[][..], uniform(0.0, 1.0), SolverName::Euler),
            (&["teacher.weight.name=snr"], uniform(0.0, 0.999), SolverName::Euler),
            (&["teacher.path.name=cosine"], uniform(1e-3, 1.0), SolverName::Ddim),
            (&["teacher.path.name=i2sb"], uniform(1e-3, 0.999), SolverName::Bridge),
            (
                &["teacher.time.distribution=uniform", "teacher.time.low=0.2"],
                uniform(0.2, 1.0),
                SolverName::Euler,
            ),
        ] {
            let resolved = recipe(changes).resolved_for_teacher().unwrap();
            let teacher = resolved.teacher().unwrap();
            assert_eq!(teacher.time, time, "{changes:?}");
            assert_eq!(teacher.output.evaluation.solver.name, solver, "{changes:?}");
            assert_eq!(resolved.resolved_for_teacher().unwrap(), resolved);
            assert_eq!(resolved.distill, recipe(changes).distill);
            reads_back_the_same(&resolved);
        }
    }

    #[test]
    fn a_distillations_times_and_solver_follow_from_the_path_of_its_teacher() {
        // The path of the teacher's own card, whatever is in the recipe.
        let path: PathConfig = toml::from_str("name = \"cosine\"").unwrap();
        let resolved = recipe(&[]).resolved_for_distillation(&path).unwrap();
        let distill = resolved.distill().unwrap();
        // `sid` takes the data from the noise, which the path does not bear at its end.
        assert_eq!(distill.time, Some(TimeConfig::Uniform { low: 1e-3, high: 0.999 }));
        // tan(pi t / 2) = 2.5
        let time = 2.5_f64.atan() * std::f64::consts::FRAC_2_PI;
        let found = distill.generator.times.clone().unwrap();
        assert!(found.len() == 1 && (found[0] - time).abs() < 1e-12, "{found:?}");
        let critic = distill.adversarial.unwrap();
        assert_eq!((critic.low, critic.high), (Some(0.0), Some(0.2)));
        assert_eq!(distill.output.evaluation.solver.name, SolverName::Ddim);
        assert_eq!(resolved.resolved_for_distillation(&path).unwrap(), resolved);
        assert_eq!(resolved.teacher, recipe(&[]).teacher);
        reads_back_the_same(&resolved);

        let given = ["distill.generator.times=[0.5, 0.25]", "distill.adversarial.high=0.1"];
        let resolved = recipe(&given).resolved_for_distillation(&path).unwrap();
        let distill = resolved.distill().unwrap();
        assert_eq!(distill.generator.times, Some(vec![0.5, 0.25]));
        assert_eq!(distill.adversarial.unwrap().high, Some(0.1));
    }
}
