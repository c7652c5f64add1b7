use realuid_loss::{Dmd, GeneratorWeight, Preset, RealUid};
use realuid_paths::Prediction;
use serde::{Deserialize, Serialize};

use crate::distill::Aim;
use crate::{Error, Result};

/// `[distill.objective]`: a method by its name, coefficients of RealUID (arXiv 2509.22459), or a
/// method with some of its coefficients changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveConfig {
    /// `uid`, `realuid`, `correction`, `fgm`, `sid`, `ibmd` or `dmd`; without it alpha and beta are
    /// needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Share of generated samples, in (0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Weight of the generated targets, positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<f64>,
    /// Weight of the teacher on generated samples, positive; alpha if it is not given, beta with the
    /// preset `correction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gamma: Option<f64>,
    /// Factor of the generator's quadratic term, positive (2 alpha of SiD); 1 if neither it nor a
    /// preset is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa: Option<f64>,
    /// Share of the gap from teacher to data that the preset `correction` closes, in [0, 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
    /// The prediction in which the loss is taken; the preset's, or that of the networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
}

/// The name of the one method that is not a choice of coefficients.
const DMD: &str = "dmd";

impl ObjectiveConfig {
    /// What the players play for; fails with the first field that makes no sense.
    pub fn aim(&self) -> Result<Aim> {
        let preset = self.preset()?;
        let mut aim = if self.preset.as_deref() == Some(DMD) {
            self.refuse_coefficients()?;
            Aim { prediction: Some(Prediction::Data), ..Aim::new(Dmd, false) }
        } else {
            Aim::from(self.real_uid(preset)?)
        };
        if let Some(settings) = preset.map(Preset::settings).transpose()? {
            aim.prediction = settings.prediction;
            aim.generator_weight = settings.generator_weight;
        }
        if let Some(name) = &self.prediction {
            let problem = |e: realuid_paths::Error| invalid("prediction", e.to_string());
            aim.prediction = Some(name.parse().map_err(problem)?);
        }
        let in_data_only = aim.generator_weight == GeneratorWeight::DataNormaliser
            || self.preset.as_deref() == Some(DMD);
        if in_data_only && aim.prediction != Some(Prediction::Data) {
            let found = self.prediction.as_deref().unwrap_or("none");
            let problem =
                format!("expected `data`, in which this method is defined, found {found}");
            return Err(invalid("prediction", problem));
        }
        Ok(aim)
    }

    fn preset(&self) -> Result<Option<Preset>> {
        match self.preset.as_deref() {
            None | Some(DMD) => Ok(None),
            Some(name) => Ok(Some(name.parse().map_err(|error: realuid_loss::Error| {
                invalid("preset", format!("{error}, or {DMD}"))
            })?)),
        }
    }

    /// The preset's coefficients, or those given, with what is given besides.
    fn real_uid(&self, preset: Option<Preset>) -> Result<RealUid> {
        if self.fraction.is_some() && preset != Some(Preset::Correction) {
            return Err(invalid("fraction", "expected it with the preset `correction` alone"));
        }
        let base = match (preset, self.fraction) {
            (Some(_), Some(fraction)) => Some(RealUid::correction(fraction)?),
            (Some(preset), None) => Some(preset.settings()?.objective),
            (None, _) => None,
        };
        let of_base = |coefficient: fn(&RealUid) -> f64| base.as_ref().map(coefficient);
        let alpha = self.alpha.or(of_base(RealUid::alpha)).ok_or_else(|| missing("alpha"))?;
        let beta = self.beta.or(of_base(RealUid::beta)).ok_or_else(|| missing("beta"))?;
        // What gamma is to each method, also where other coefficients of it are changed.
        let usual = if preset == Some(Preset::Correction) { beta } else { alpha };
        let gamma = self.gamma.unwrap_or(usual);
        let kappa = self.kappa.or(of_base(RealUid::kappa)).unwrap_or(1.0);
        Ok(RealUid::new(alpha, beta)?.with_gamma(gamma)?.with_kappa(kappa)?)
    }

    fn refuse_coefficients(&self) -> Result<()> {
        let given = [
            ("alpha", self.alpha),
            ("beta", self.beta),
            ("gamma", self.gamma),
            ("kappa", self.kappa),
            ("fraction", self.fraction),
        ];
        match given.into_iter().find(|(_, value)| value.is_some()) {
            None => Ok(()),
            Some((name, _)) => Err(invalid(name, "expected none: `dmd` has no coefficients")),
        }
    }
}

fn invalid(field: &str, problem: impl Into<String>) -> Error {
    Error::config(format!("distill.objective.{field}"), problem)
}

fn missing(field: &str) -> Error {
    invalid(field, "expected a number, or a preset that has one, found neither")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alpha, beta, gamma and kappa.
    fn coefficients(table: &str) -> String {
        let config: ObjectiveConfig = toml::from_str(table).unwrap();
        let objective = config.real_uid(config.preset().unwrap()).unwrap();
        format!(
            "{} {} {} {}",
            objective.alpha(),
            objective.beta(),
            objective.gamma(),
            objective.kappa()
        )
    }

    fn refusal(table: &str) -> String {
        let config: ObjectiveConfig = toml::from_str(table).unwrap();
        config.aim().err().expect("it makes no sense").to_string()
    }

    #[test]
    fn a_preset_can_be_changed_in_part() {
        assert_eq!(coefficients("alpha = 0.9\nbeta = 0.88"), "0.9 0.88 0.9 1");
        assert_eq!(coefficients("preset = \"uid\""), "1 1 1 1");
        assert_eq!(coefficients("preset = \"realuid\""), "0.92 0.94 0.92 1");
        assert_eq!(coefficients("preset = \"realuid\"\nalpha = 0.9"), "0.9 0.94 0.9 1");
        assert_eq!(coefficients("preset = \"correction\""), "0.5 2 2 1");
        assert_eq!(coefficients("preset = \"correction\"\nfraction = 0.75"), "0.5 4 4 1");
        assert_eq!(coefficients("preset = \"correction\"\nbeta = 4"), "0.5 4 4 1");
        assert_eq!(coefficients("preset = \"sid\"\nkappa = 2"), "1 1 1 2");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_field() {
        for (table, expected) in [
            ("alpha = 0.9", "distill.objective.beta"),
            ("preset = \"gan\"", "distill.objective.preset"),
            ("preset = \"uid\"\nfraction = 0.5", "distill.objective.fraction"),
            ("preset = \"dmd\"\nalpha = 0.5", "distill.objective.alpha"),
            ("preset = \"sid\"\nprediction = \"velocity\"", "distill.objective.prediction"),
        ] {
            assert!(refusal(table).contains(expected), "{}", refusal(table));
        }
        let dmd: ObjectiveConfig = toml::from_str("preset = \"dmd\"").unwrap();
        let aim = dmd.aim().unwrap();
        assert!(!aim.uses_data && aim.prediction == Some(Prediction::Data));
    }
}
