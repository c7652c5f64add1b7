use candle_core::{Device, Tensor};
use realuid_ops::RandomStream;

use crate::{Dataset, Error, Result, Sample};

/// Examples stacked along a first axis.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Position of the batch in its loader's endless sequence.
    pub index: u64,
    /// `[B, C, H, W]` or `[B, D]`, f32; a loader's are on the CPU.
    pub data: Tensor,
    /// The other end of a bridge, of the same shape, dtype and device as `data` and in the same
    /// order, if the data set has one; [`Dataset::coupling`] says how the two belong together.
    pub source: Option<Tensor>,
    /// `[B]`, u32, on the same device, if the data set is labelled.
    pub classes: Option<Tensor>,
}

impl Batch {
    /// The same batch with its tensors on `device`.
    pub fn to_device(&self, device: &Device) -> Result<Self> {
        let there = |tensor: &Tensor| tensor.to_device(device);
        Ok(Self {
            index: self.index,
            data: there(&self.data)?,
            source: self.source.as_ref().map(there).transpose()?,
            classes: self.classes.as_ref().map(there).transpose()?,
        })
    }
}

/// What every example of one data set has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) shape: Vec<usize>,
    labelled: bool,
    sourced: bool,
}

impl Layout {
    /// The layout of `dataset`, read off its first example.
    pub(crate) fn of(dataset: &dyn Dataset) -> Result<Self> {
        if dataset.is_empty() {
            return Err(Error::Argument {
                operation: "reading a data set",
                expected: "at least one example".into(),
                found: "none".into(),
            });
        }
        let Sample { shape, class, source, .. } = dataset.get(0)?;
        Ok(Self { shape, labelled: class.is_some(), sourced: source.is_some() })
    }

    fn check(&self, index: usize, sample: &Sample) -> Result<()> {
        let uneven = |expected: String, found: String| Error::Uneven { index, expected, found };
        if sample.shape != self.shape {
            let (expected, found) = (&self.shape, &sample.shape);
            return Err(uneven(format!("shape {expected:?}"), format!("shape {found:?}")));
        }
        let count: usize = self.shape.iter().product();
        if sample.values.len() != count {
            return Err(uneven(format!("{count} values"), sample.values.len().to_string()));
        }
        if sample.source.is_some() != self.sourced {
            let say = |sourced| if sourced { "a source" } else { "no source" }.to_string();
            return Err(uneven(say(self.sourced), say(sample.source.is_some())));
        }
        if let Some(source) = sample.source.as_ref().filter(|source| source.len() != count) {
            return Err(uneven(format!("{count} values of source"), source.len().to_string()));
        }
        if sample.class.is_some() != self.labelled {
            let say = |labelled| if labelled { "a class" } else { "no class" }.to_string();
            return Err(uneven(say(self.labelled), say(sample.class.is_some())));
        }
        Ok(())
    }
}

/// Which examples of a batch are mirrored left to right: each with probability one half.
pub(crate) fn flips(seed: u64, batch: u64, batch_size: usize) -> Vec<bool> {
    let stream = RandomStream::new(seed, "flip", batch);
    (0..batch_size as u64).map(|i| stream.uniform_at(i) < 0.5).collect()
}

/// Decodes and stacks the examples `indices`, mirroring those whose entry in `mirrored` is true
/// (an empty slice mirrors none), data and source alike.
pub(crate) fn assemble(
    dataset: &dyn Dataset,
    layout: &Layout,
    index: u64,
    indices: &[usize],
    mirrored: &[bool],
) -> Result<Batch> {
    let room = indices.len() * layout.shape.iter().product::<usize>();
    let mut values = Vec::with_capacity(room);
    let mut sources = Vec::with_capacity(if layout.sourced { room } else { 0 });
    let mut classes = Vec::new();
    for (position, &example) in indices.iter().enumerate() {
        let mut sample = dataset.get(example)?;
        layout.check(example, &sample)?;
        if mirrored.get(position) == Some(&true) {
            mirror(&mut sample);
        }
        values.extend_from_slice(&sample.values);
        sources.extend(sample.source.into_iter().flatten());
        classes.extend(sample.class);
    }
    let shape: Vec<usize> = [indices.len()].iter().chain(&layout.shape).copied().collect();
    let stack = |values| Tensor::from_vec(values, shape.as_slice(), &Device::Cpu);
    let data = stack(values)?;
    let source = layout.sourced.then(|| stack(sources)).transpose()?;
    let classes = layout
        .labelled
        .then(|| Tensor::from_vec(classes, indices.len(), &Device::Cpu))
        .transpose()?;
    Ok(Batch { index, data, source, classes })
}

/// Reverses the last axis.
fn mirror(sample: &mut Sample) {
    let Some(&width) = sample.shape.last() else { return };
    for values in [Some(&mut sample.values), sample.source.as_mut()].into_iter().flatten() {
        values.chunks_exact_mut(width.max(1)).for_each(<[f32]>::reverse);
    }
}
