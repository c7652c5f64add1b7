use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use realuid_ops::RandomStream;

use super::SampleRequest;
use crate::{Error, Result};

/// Some of the samples asked for.
pub(super) struct SampleBatch<'a> {
    /// What was asked for.
    pub request: &'a SampleRequest<'a>,
    /// Which of them these are.
    pub range: Range<usize>,
    /// Their classes, `[B]`, for a conditional network.
    pub classes: Option<Tensor>,
    /// Where their tensors live.
    pub device: &'a Device,
}

impl SampleBatch<'_> {
    /// The stream of each sample.
    pub fn streams(&self) -> Vec<RandomStream> {
        self.range.clone().map(|i| self.request.stream.child(i as u64)).collect()
    }

    /// The stream of each sample for one purpose.
    pub fn children(&self, purpose: u64) -> Vec<RandomStream> {
        self.streams().iter().map(|stream| stream.child(purpose)).collect()
    }

    /// The source end that is `places` after that of each sample, from the last on to the first.
    pub fn sources(&self, places: usize) -> Result<Tensor> {
        let needed = self.request.count.max(places + 1);
        let found = match &self.request.sources {
            Some(sources) if sources.dim(0)? >= needed => {
                let known = sources.dim(0)?;
                let chosen = self.range.clone().map(|i| ((i + places) % known) as u32);
                let chosen = Tensor::from_iter(chosen, sources.device())?;
                return Ok(sources.index_select(&chosen, 0)?.to_device(self.device)?);
            }
            Some(sources) => format!("{} source ends", sources.dim(0)?),
            None => "none".into(),
        };
        Err(Error::Mismatch {
            what: "source ends to make samples of",
            expected: format!("{needed} at least: one a sample, another one in each of its steps"),
            found,
            advice: "name pairs with --data, such as `digits?source=blur`, or draw more samples"
                .into(),
        })
    }
}

/// Purposes of a sample's streams besides that of its source end: its latent, a generator's noise, and
/// what a teacher's solver or a later step of a generator draws, a purpose for each step.
pub(super) const LATENT: u64 = 1;
pub(super) const NOISE: u64 = 2;
pub(super) const FIRST_STEP: u64 = 3;

/// Standard normal noise, an item of `shape` from each stream.
pub(super) fn noise(streams: &[RandomStream], shape: &[usize], device: &Device) -> Result<Tensor> {
    Ok(RandomStream::normal_of_each(streams, shape, DType::F32, device)?)
}
