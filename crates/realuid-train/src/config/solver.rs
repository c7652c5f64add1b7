use clap::ValueEnum;
use realuid_paths::Churn;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How a teacher is carried from source to data.
///
/// Parameters of one solver are refused beside another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolverConfig {
    /// The method.
    #[serde(default)]
    pub name: SolverName,
    /// Steps from source to data: equal ones in native time, but for `dpmpp-2m` in log-SNR and for
    /// `edm` on the grid of Karras et al.; `dopri5` chooses its own and does not look at it.
    #[serde(default = "default_steps")]
    pub steps: usize,
    /// `ddim`: 0 draws no noise (if not given), 1 is ancestral sampling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<f64>,
    /// `dopri5`: error allowed per step, absolute and relative; 1e-5 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// `euler-maruyama`: noise per time as a multiple of the rate at which the path's own source
    /// variance changes; 1 if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise_scale: Option<f64>,
    /// `edm`: noise added and removed on the way; none if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub churn: Option<ChurnConfig>,
}

/// The solvers by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum SolverName {
    /// What is usual on the path: `euler` for a velocity, otherwise `bridge` on bridges, `edm` in
    /// noise levels and `ddim` on other Gaussian paths.
    #[default]
    Auto,
    /// First order, one evaluation a step.
    Euler,
    /// Second order, two evaluations a step but one in the last.
    Heun,
    /// Second order, two evaluations a step.
    Midpoint,
    /// Fourth order, four evaluations a step.
    Rk4,
    /// Fifth order with steps of its own choice, six evaluations each.
    Dopri5,
    /// DPM-Solver++ (2M): second order, one evaluation a step; Gaussian paths.
    #[serde(rename = "dpmpp-2m")]
    #[value(name = "dpmpp-2m")]
    Dpmpp2m,
    /// DDIM: first order, one evaluation a step; Gaussian paths.
    Ddim,
    /// EDM's sampler: second order, two evaluations a step but one in the last; noise-level paths.
    Edm,
    /// The reverse stochastic equation: one evaluation a step; Gaussian paths.
    EulerMaruyama,
    /// Ancestral sampling of a bridge: one evaluation a step.
    Bridge,
}

/// `churn` of the solver `edm` (Karras et al., arXiv 2206.00364, algorithm 2).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChurnConfig {
    /// `S_churn`.
    pub amount: f64,
    /// `S_min`: lowest noise level with churn.
    #[serde(default)]
    pub low: f64,
    /// `S_max`: highest noise level with churn.
    #[serde(default = "infinite")]
    pub high: f64,
    /// `S_noise`: standard deviation of the added noise.
    #[serde(default = "one")]
    pub noise: f64,
}

impl SolverConfig {
    /// Fails where there is no step, or a parameter that the solver does not have; `origin` names
    /// the table or the options it came from.
    pub fn validate(&self, origin: &str) -> Result<()> {
        if self.steps == 0 {
            return Err(Error::config(format!("{origin}.steps"), "expected at least 1, found 0"));
        }
        let given = [
            ("eta", self.eta.is_some(), SolverName::Ddim),
            ("tolerance", self.tolerance.is_some(), SolverName::Dopri5),
            ("noise_scale", self.noise_scale.is_some(), SolverName::EulerMaruyama),
            ("churn", self.churn.is_some(), SolverName::Edm),
        ];
        for (parameter, is_given, owner) in given {
            if is_given && owner != self.name {
                let problem = format!(
                    "expected it with the solver {}, found {}; leave it out, or change the solver",
                    owner.text(),
                    self.name.text()
                );
                return Err(Error::config(format!("{origin}.{parameter}"), problem));
            }
        }
        self.check_ranges(origin)
    }
}

impl SolverConfig {
    /// Whether the solver draws noise on the way, and so takes the source for normal noise where the
    /// path has no latent.
    pub fn draws_noise(&self) -> bool {
        self.name == SolverName::EulerMaruyama
            || self.eta.is_some_and(|eta| eta > 0.0)
            || self.churn.is_some()
    }

    fn check_ranges(&self, origin: &str) -> Result<()> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let at_least_0 = |value: f64| value >= 0.0 && value.is_finite();
        let numbers = [
            ("eta", self.eta.is_none_or(share), "a number in [0, 1]"),
            ("tolerance", self.tolerance.is_none_or(positive), "a finite number above 0"),
            (
                "noise_scale",
                self.noise_scale.is_none_or(at_least_0),
                "a finite number of at least 0",
            ),
        ];
        match numbers.into_iter().find(|(_, fits, _)| !fits) {
            None => Ok(()),
            Some((field, _, expected)) => {
                Err(Error::config(format!("{origin}.{field}"), format!("expected {expected}")))
            }
        }
    }
}

impl SolverName {
    /// The name in configurations and on the command line.
    pub fn text(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl From<ChurnConfig> for Churn {
    fn from(config: ChurnConfig) -> Self {
        let ChurnConfig { amount, low, high, noise } = config;
        Self { amount, low, high, noise }
    }
}

impl Default for SolverConfig {
    fn default() -> Self {
        Self {
            name: SolverName::default(),
            steps: default_steps(),
            eta: None,
            tolerance: None,
            noise_scale: None,
            churn: None,
        }
    }
}

fn default_steps() -> usize {
    100
}

fn infinite() -> f64 {
    f64::INFINITY
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_files_and_on_the_command_line() {
        for name in SolverName::value_variants() {
            let text = name.text();
            let read: SolverConfig = toml::from_str(&format!("name = {text:?}")).unwrap();
            assert_eq!(read, SolverConfig { name: *name, ..SolverConfig::default() });
        }
        assert_eq!(SolverName::Dpmpp2m.text(), "dpmpp-2m");
        assert_eq!(SolverName::EulerMaruyama.text(), "euler-maruyama");
    }

    #[test]
    fn a_parameter_of_another_solver_is_refused() {
        let config: SolverConfig = toml::from_str("name = \"euler\"\neta = 0.5").unwrap();
        let message = config.validate("solver").unwrap_err().to_string();
        assert!(message.contains("solver.eta") && message.contains("ddim"), "{message}");
        let config: SolverConfig =
            toml::from_str("name = \"edm\"\nchurn = { amount = 40.0, low = 0.05 }").unwrap();
        config.validate("solver").unwrap();
        let churn = config.churn.unwrap();
        assert!(churn.high.is_infinite() && (churn.noise - 1.0).abs() < f64::EPSILON);
    }
}
