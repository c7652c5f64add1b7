use crate::{Error, Result};

/// The parameter `name` of a path, if it is finite and positive.
pub(super) fn positive(operation: &'static str, name: &str, value: f64) -> Result<f64> {
    if value > 0.0 && value.is_finite() {
        return Ok(value);
    }
    Err(Error::argument(operation, format!("finite {name} > 0"), format!("{name} {value}")))
}
