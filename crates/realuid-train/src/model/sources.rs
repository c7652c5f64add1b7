use candle_core::{Device, Tensor};

use crate::evaluation::SEED;
use crate::{Error, Result};

/// `count` source ends of the pairs at `uri`, `[N, ...]`, again from the first where there are fewer:
/// what a model of a bridge makes samples of.
pub fn sources(uri: &str, count: usize) -> Result<Tensor> {
    let dataset = realuid_data::open(uri)?;
    let examples = realuid_data::distinct_examples(dataset.as_ref(), count, SEED)?;
    match examples.source {
        Some(source) => repeated(&source, count),
        None => Err(Error::Mismatch {
            what: "source ends to make samples of",
            expected: "pairs, as the model was trained on".into(),
            found: format!("{uri}, whose examples have no source"),
            advice: "name pairs with --data, such as `digits?source=blur`".into(),
        }),
    }
}

/// `count` of `examples` in their order, again from the first where there are fewer.
pub(crate) fn repeated(examples: &Tensor, count: usize) -> Result<Tensor> {
    let known = examples.dim(0)? as u32;
    let indices: Vec<u32> = (0..count as u32).map(|i| i % known).collect();
    let indices = Tensor::from_vec(indices, count, &Device::Cpu)?.to_device(examples.device())?;
    Ok(examples.index_select(&indices, 0)?)
}
