//! Coefficients, points and regression targets of interpolation paths.

use candle_core::Tensor;
use realuid_paths::{Ends, Prediction};
use realuid_testkit::Fixture;
use realuid_train::config::{PathConfig, PathName};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::checks::{Checks, Tolerance};
use crate::run::Outcome;
use crate::{Error, Result};

#[derive(Deserialize)]
struct Golden {
    name: String,
    #[serde(default)]
    params: Map<String, Value>,
}

/// The path is the one that recipes know by the fixture's name, with the fixture's parameters.
pub(crate) fn compare(fixture: &Fixture) -> Result<Outcome> {
    let Golden { name, mut params } = fixture.parse()?;
    let Some(known) = path_called(&name) else {
        return Ok(Outcome::Missing(format!("path {name:?} is not implemented")));
    };
    // Which variable the times are, and no parameter: all paths have their usual one.
    if let Some(time) = params.remove("time").filter(|time| time != "sigma") {
        return Ok(Outcome::Missing(format!(
            "path {name:?} in the time {time} is not implemented"
        )));
    }
    params.insert("name".into(), known.into());
    let path = serde_json::from_value::<PathConfig>(Value::Object(params))
        .map_err(|e| Error::malformed(format!("parameters of the path {known:?}"), e.to_string()))?
        .interpolant()?;
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
fn path_called(name: &str) -> Option<&str> {
    // Every parameter has a default, so a name is enough to tell.
    match serde_json::from_value::<PathName>(json!({ "name": name })) {
        Ok(_) => Some(name),
        Err(_) => path_called(name.rsplit_once('-')?.0),
    }
}
