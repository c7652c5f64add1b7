use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use crate::{Error, Result};

/// `count` directions [count, dim] in f64, each a unit vector drawn uniformly from the sphere: normal
/// values divided by their length. The same stream gives the same directions.
pub fn random_directions(stream: &RandomStream, count: usize, dim: usize) -> Result<Tensor> {
    if count == 0 || dim == 0 {
        return Err(Error::Argument {
            operation: "random directions",
            argument: "count and dim",
            expected: "at least 1".into(),
            found: format!("{count} and {dim}"),
            advice: "64 or more directions are usual",
        });
    }
    let normal = stream.normal((count, dim), DType::F64, &Device::Cpu)?;
    let length = normal.sqr()?.sum_keepdim(1)?.sqrt()?;
    Ok(normal.broadcast_div(&length)?)
}
