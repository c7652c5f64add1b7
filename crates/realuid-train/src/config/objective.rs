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
    /// Weight of the teacher on generated samples, positive; alpha if neither it nor a preset is
    /// given.
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
        let needs_data = aim.generator_weight == GeneratorWeight::DataNormaliser
            || self.preset.as_deref() == Some(DMD);
        if needs_data && aim.prediction != Some(Prediction::Data) {
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
        let gamma = self.gamma.or(of_base(RealUid::gamma)).unwrap_or(alpha);
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
