//! The sum of squares of many tensors.

use candle_core::DType;

use crate::Result;
use crate::element::Element;
use crate::parallel;
use crate::parallel::vectorised;
use crate::tape::{Data, Elements};

/// Independent sums, to fill the vector units.
const LANES: usize = 16;

/// Elements per task.
const CHUNK: usize = 1 << 13;

/// Sum of the squares of all elements of contiguous tensors on the CPU, in f64.
///
/// All tensors are one list of chunks, so that many small ones do not wait for each other; the
/// partial sums are added in the order of the list, whoever has computed them.
pub(crate) fn sum_of_squares<'a>(all: impl Iterator<Item = &'a Data>) -> Result<f64> {
    let all: Vec<_> = all.map(Readable::new).collect();
    let mut chunks = Vec::new();
    for elements in &all {
        match elements {
            Readable::F32(values) => chunks.extend(values.slice()?.chunks(CHUNK).map(Chunk::F32)),
            Readable::F64(values) => chunks.extend(values.slice()?.chunks(CHUNK).map(Chunk::F64)),
        }
    }
    let mut sums = vec![0.0; chunks.len()];
    parallel::chunks(&mut sums, 1, CHUNK, |index, sum| sum[0] = chunks[index].squares());
    Ok(sums.iter().sum())
}

/// Elements of either type while they are being read.
enum Readable<'a> {
    F32(Elements<'a, f32>),
    F64(Elements<'a, f64>),
}

impl<'a> Readable<'a> {
    fn new(data: &'a Data) -> Self {
        match data.dtype() {
            DType::F32 => Self::F32(data.read()),
            _ => Self::F64(data.read()),
        }
    }
}

/// Elements of either type.
enum Chunk<'a> {
    F32(&'a [f32]),
    F64(&'a [f64]),
}

impl Chunk<'_> {
    fn squares(&self) -> f64 {
        match self {
            Self::F32(values) => squares(values),
            Self::F64(values) => squares(values),
        }
    }
}

/// As many sums as fill the vector units, over interleaved elements.
fn squares<T: Element>(values: &[T]) -> f64 {
    vectorised(|| {
        let (whole, rest) = values.as_chunks::<LANES>();
        let mut lanes = [0.0; LANES];
        for values in whole {
            for (lane, value) in lanes.iter_mut().zip(values) {
                *lane += value.to_f64() * value.to_f64();
            }
        }
        let rest: f64 = rest.iter().map(|value| value.to_f64() * value.to_f64()).sum();
        lanes.iter().sum::<f64>() + rest
    })
}
