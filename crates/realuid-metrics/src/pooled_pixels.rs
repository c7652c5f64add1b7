use candle_core::{DType, Device, Tensor};

use crate::{Error, FeatureExtractor, Result};

const OPERATION: &str = "pooled pixels";

/// Pixels as features: averages over square cells, as small as a limit on D allows.
///
/// The cell is the smallest p x p for which D = C ceil(H / p) ceil(W / p) is within the limit; cells
/// cut by the lower or right edge average the pixels they have. Takes images [N, C, H, W] of any number
/// of channels. A limit of C H W or more keeps every pixel. Features are f64, on the CPU.
#[derive(Clone, Copy, Debug)]
pub struct PooledPixels {
    limit: usize,
}

impl PooledPixels {
    /// Features of at most `limit` values an image.
    pub fn new(limit: usize) -> Self {
        Self { limit }
    }
}

impl FeatureExtractor for PooledPixels {
    fn features(&self, images: &Tensor) -> Result<Tensor> {
        let &[count, channels @ 1..=usize::MAX, height @ 1..=usize::MAX, width @ 1..=usize::MAX] =
            images.dims()
        else {
            return Err(argument("of shape [N, C, H, W]", format!("{:?}", images.dims())));
        };
        let cells = |p: usize| (height.div_ceil(p), width.div_ceil(p));
        let fits = |&p: &usize| channels * cells(p).0 * cells(p).1 <= self.limit;
        let Some(p) = (1..=height.max(width)).find(fits) else {
            let expected = format!("of at most {} channels, the limit on features", self.limit);
            return Err(argument(&expected, channels.to_string()));
        };
        let pixels = images.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
        if let Some(value) = pixels.iter().find(|v| !(0.0..=1.0).contains(*v)) {
            return Err(argument("within [0, 1]", value.to_string()));
        }
        let features: Vec<f64> =
            pixels.chunks_exact(height * width).flat_map(|plane| pool(plane, width, p)).collect();
        let (rows, columns) = cells(p);
        Ok(Tensor::from_vec(features, (count, channels * rows * columns), &Device::Cpu)?)
    }
}

/// Averages of the p x p cells of one channel, row by row.
fn pool(plane: &[f64], width: usize, p: usize) -> Vec<f64> {
    let columns = width.div_ceil(p);
    let mut pooled = Vec::new();
    for band in plane.chunks(p * width) {
        let mut sums = vec![(0.0, 0_usize); columns];
        for row in band.chunks_exact(width) {
            for (x, value) in row.iter().enumerate() {
                sums[x / p].0 += value;
                sums[x / p].1 += 1;
            }
        }
        pooled.extend(sums.iter().map(|&(sum, pixels)| sum / pixels as f64));
    }
    pooled
}

fn argument(expected: &str, found: String) -> Error {
    Error::Argument {
        operation: OPERATION,
        argument: "images",
        expected: expected.into(),
        found,
        advice: "map images to [N, C, H, W] in [0, 1] and clamp them, or raise the limit on features",
    }
}
