//! Distances between two given sets of features.

use candle_core::Tensor;
use realuid_metrics::{
    FrechetStatistics, Prdc, energy_distance, frechet_distance, kid, prdc, sliced_wasserstein,
};
use realuid_testkit::Fixture;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Error, Result};

/// The two sets, [N, D] and [M, D].
struct Sets<'a> {
    real: &'a Tensor,
    generated: &'a Tensor,
}

#[derive(Deserialize)]
struct GoldenPrdc {
    precision: f64,
    recall: f64,
    density: f64,
    coverage: f64,
}

/// Every key of the description but those that describe is a metric.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let sets = Sets { real: fixture.tensor("real")?, generated: fixture.tensor("generated")? };
    let description: Map<String, Value> = fixture.parse()?;
    let mut checks = Checks::default();
    for (key, value) in &description {
        match key.as_str() {
            "kind" | "name" | "dtype" | "note" => {}
            key if key.starts_with("prdc_k") => sets.compare_prdc(&mut checks, key, value)?,
            key => match sets.metric(fixture, key)? {
                Some(found) => checks.number(key, found, number(key, value)?, Tolerance::DOUBLE),
                None => checks.omit(key),
            },
        }
    }
    Ok(Outcome::Compared(checks))
}

impl Sets<'_> {
    /// The metric called `key`, if there is one.
    fn metric(&self, fixture: &Fixture, key: &str) -> Result<Option<f64>> {
        let Self { real, generated } = self;
        Ok(Some(match key {
            "frechet" => self.frechet()?,
            "kid_cubic_unbiased" => kid(real, generated)?,
            "energy_distance" => energy_distance(real, generated)?,
            "sliced_wasserstein2" => self.sliced_wasserstein(fixture.tensor("directions")?)?,
            _ => return Ok(None),
        }))
    }

    fn frechet(&self) -> Result<f64> {
        let statistics = |features: &Tensor| -> Result<FrechetStatistics> {
            let mut statistics = FrechetStatistics::new(features.dims2()?.1);
            statistics.push(features)?;
            Ok(statistics)
        };
        Ok(frechet_distance(&statistics(self.real)?, &statistics(self.generated)?)?)
    }

    /// Golden values are of sets of one size: the last rows of the larger one are left out.
    fn sliced_wasserstein(&self, directions: &Tensor) -> Result<f64> {
        let rows = self.real.dims2()?.0.min(self.generated.dims2()?.0);
        let (real, generated) = (self.real.narrow(0, 0, rows)?, self.generated.narrow(0, 0, rows)?);
        Ok(sliced_wasserstein(&real, &generated, directions)?)
    }

    /// `prdc_k5` are the four scores with 5 neighbours.
    fn compare_prdc(&self, checks: &mut Checks, key: &str, value: &Value) -> Result<()> {
        let neighbours = key.trim_start_matches("prdc_k").parse().map_err(|_| {
            Error::malformed("a number of neighbours, as in prdc_k5", format!("{key:?}"))
        })?;
        let golden = GoldenPrdc::deserialize(value)
            .map_err(|e| Error::malformed(format!("the four scores of {key}"), e.to_string()))?;
        let Prdc { precision, recall, density, coverage } =
            prdc(self.real, self.generated, neighbours)?;
        for (score, found, expected) in [
            ("precision", precision, golden.precision),
            ("recall", recall, golden.recall),
            ("density", density, golden.density),
            ("coverage", coverage, golden.coverage),
        ] {
            checks.number(&format!("{key}.{score}"), found, expected, Tolerance::DOUBLE);
        }
        Ok(())
    }
}

fn number(key: &str, value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| Error::malformed(format!("a number as {key}"), value.to_string()))
}
