use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use crate::{Error, Result};

/// `classes` `[B]` with each one replaced, with `probability`, by the `null_class`
/// ([`NetworkConfig::null_class`](crate::NetworkConfig::null_class)): so that one network learns the
/// conditional and the unconditional field (Ho and Salimans, arXiv 2207.12598, algorithm 1).
///
/// Item i is dropped where uniform value i of `stream` is below `probability`, the same on every
/// machine. Fails unless the probability lies in [0, 1].
pub fn drop_classes(
    classes: &Tensor,
    null_class: u32,
    probability: f64,
    stream: &RandomStream,
) -> Result<Tensor> {
    if !(0.0..=1.0).contains(&probability) {
        return Err(Error::Argument {
            operation: "dropping classes",
            expected: "a probability in [0, 1]".into(),
            found: probability.to_string(),
        });
    }
    let count = classes.elem_count();
    let dropped = stream.uniform(count, DType::F64, &Device::Cpu)?.lt(probability)?;
    let dropped = dropped.reshape(classes.shape())?.to_device(classes.device())?;
    let null = Tensor::full(null_class, classes.shape(), classes.device())?;
    Ok(dropped.where_cond(&null.to_dtype(classes.dtype())?, classes)?)
}
