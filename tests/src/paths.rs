//! Coefficients, points and regression targets of interpolation paths.

use candle_core::Tensor;
use realuid_paths::{Ends, Prediction};
use realuid_testkit::Fixture;
use realuid_train::config::{PathConfig, PathName};
use serde::Deserialize;
use serde_json::Value;

use crate::Result;
use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;

#[derive(Deserialize)]
struct Golden {
    name: String,
}

/// The path is the one that recipes know by the fixture's name.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let Golden { name } = fixture.parse()?;
    let Some(path) = path_called(&name) else {
        return Ok(Outcome::Missing(format!("path {name:?} is not implemented")));
    };
    let path = PathConfig { name: path, ..PathConfig::default() }.interpolant();
    let t = fixture.tensor("t")?;
    let ends = Ends {
        data: fixture.tensor("data")?.clone(),
        source: fixture.tensor("source")?.clone(),
        // A path that needs one says so itself.
        latent: fixture.tensor("latent").ok().cloned(),
    };
    let mut checks = Checks::default();
    let mut check = |name: &str, found: &Tensor| {
        checks.elements(name, found, fixture.tensor(name)?, Tolerance::DOUBLE)
    };
    let k = path.coefficients(t)?;
    check("a", &k.data)?;
    check("b", &k.source)?;
    check("c", &k.latent)?;
    check("da", &k.data_rate)?;
    check("db", &k.source_rate)?;
    check("dc", &k.latent_rate)?;
    check("x_t", &path.interpolate(&ends, t)?)?;
    check("velocity", &path.target(Prediction::Velocity, &ends, t)?)?;
    check("score", &path.target(Prediction::Score, &ends, t)?)?;
    // Stored only for the paths of networks that predict it.
    if fixture.tensor_names().contains(&"v") {
        check("v", &path.target(Prediction::V, &ends, t)?)?;
    }
    Ok(Outcome::Compared(checks))
}

/// `linear` is a name of a path, and so is `linear-2`: one more fixture of the same.
fn path_called(name: &str) -> Option<PathName> {
    match serde_json::from_value(Value::from(name)) {
        Ok(path) => Some(path),
        Err(_) => path_called(name.rsplit_once('-')?.0),
    }
}
