use super::rows::ShiftedSums;
use crate::element::Element;
use crate::parallel::chunks;

/// How x [batch, positions, channels] divides into groups of neighbouring channels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub batch: usize,
    pub positions: usize,
    pub channels: usize,
    pub groups: usize,
}

impl Sizes {
    /// Positions per task, so that one image already fills several cores.
    pub const BLOCK: usize = 128;

    /// Tasks per image.
    pub fn blocks(&self) -> usize {
        self.positions.div_ceil(Self::BLOCK)
    }

    /// Elements of one image.
    pub fn image(&self) -> usize {
        self.positions * self.channels
    }

    /// Whether images alone fill the cores, so that each can be done in one go, in the cache.
    pub fn has_many_images(&self) -> bool {
        self.batch >= 4
    }

    /// Elements of a full task.
    pub fn block_size(&self) -> usize {
        Self::BLOCK.min(self.positions) * self.channels
    }

    /// Channels of one group.
    pub fn group(&self) -> usize {
        self.channels / self.groups
    }

    /// Elements of one group of one image.
    pub fn count(&self) -> f64 {
        (self.group() * self.positions) as f64
    }

    /// The rows of task `task` of `blocks() * batch`.
    pub fn rows<'a, T>(&self, x: &'a [T], task: usize) -> &'a [T] {
        let (image, block) = (task / self.blocks(), task % self.blocks());
        let first = block * Self::BLOCK;
        let count = Self::BLOCK.min(self.positions - first);
        &x[(image * self.positions + first) * self.channels..][..count * self.channels]
    }

    /// Sums over the tasks of each image of `partial` [tasks, columns] -> [batch, columns].
    pub fn image_sums(&self, partial: &[f64]) -> Vec<f64> {
        let columns = partial.len() / (self.batch * self.blocks());
        let mut sums = vec![0.0; self.batch * columns];
        for (task, partial) in partial.chunks_exact(columns).enumerate() {
            let sums = &mut sums[task / self.blocks() * columns..][..columns];
            sums.iter_mut().zip(partial).for_each(|(sum, part)| *sum += part);
        }
        sums
    }
}

/// `task(index, rows)` for the rows of `values` of every task of `sizes`, in parallel.
pub(super) fn for_blocks<T: Element>(
    sizes: Sizes,
    values: &mut [T],
    task: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    let mut rows = blocks_of(sizes, values);
    chunks(&mut rows, 1, sizes.block_size() * 4, |index, rows| task(index, rows[0]));
}

/// The rows of `values` of every task; the last one of an image may have fewer.
pub(super) fn blocks_of<T>(sizes: Sizes, values: &mut [T]) -> Vec<&mut [T]> {
    let images = values.chunks_mut(sizes.image());
    images.flat_map(|image| image.chunks_mut(Sizes::BLOCK * sizes.channels)).collect()
}

/// Mean and 1/sqrt(variance + eps) of every group of every image.
#[derive(Clone, Debug)]
pub(crate) struct Moments(pub Vec<(f64, f64)>);

impl Moments {
    /// In one pass over `x`: sums of x - k and (x - k)^2 per channel, k the channel's first value, so
    /// that no large squares are subtracted from each other; short sums in T, the rest in f64.
    pub fn of<T: Element>(x: &[T], sizes: Sizes, eps: f64) -> Self {
        let mut moments = vec![(0.0, 0.0); sizes.batch * sizes.groups];
        if sizes.has_many_images() {
            let cost = sizes.image();
            chunks(&mut moments, sizes.groups, cost, |image, moments| {
                let x = &x[image * sizes.image()..][..sizes.image()];
                image_moments(x, &block_sums(x, x, sizes.channels), sizes, eps, moments);
            });
            return Self(moments);
        }
        let columns = 2 * sizes.channels;
        let mut partial = vec![0.0; sizes.batch * sizes.blocks() * columns];
        chunks(&mut partial, columns, sizes.block_size(), |task, out| {
            let image = &x[task / sizes.blocks() * sizes.image()..];
            out.copy_from_slice(&block_sums(sizes.rows(x, task), image, sizes.channels));
        });
        let sums = sizes.image_sums(&partial);
        let images = x.chunks_exact(sizes.image()).zip(sums.chunks_exact(columns));
        for ((x, sums), moments) in images.zip(moments.chunks_exact_mut(sizes.groups)) {
            image_moments(x, sums, sizes, eps, moments);
        }
        Self(moments)
    }
}

/// Column sums of x - origin and of its square over `rows`; origin is the first row of `image`.
pub(super) fn block_sums<T: Element>(rows: &[T], image: &[T], channels: usize) -> Vec<f64> {
    let mut out = vec![0.0; 2 * channels];
    T::on_vectors(ShiftedSums { x: rows, origin: &image[..channels], out: &mut out });
    out
}

/// The moments of one image from its shifted sums.
pub(super) fn image_moments<T: Element>(
    image: &[T],
    sums: &[f64],
    sizes: Sizes,
    eps: f64,
    moments: &mut [(f64, f64)],
) {
    for (group, moments) in moments.iter_mut().enumerate() {
        let members = group * sizes.group()..(group + 1) * sizes.group();
        *moments = group_moments(sums, &image[..sizes.channels], members, sizes, eps);
    }
}

/// Mean and reciprocal deviation of the channels `members`, from their shifted sums.
fn group_moments<T: Element>(
    sums: &[f64],
    origin: &[T],
    members: std::ops::Range<usize>,
    sizes: Sizes,
    eps: f64,
) -> (f64, f64) {
    let positions = sizes.positions as f64;
    let (sums, squares) = sums.split_at(sizes.channels);
    let total: f64 = members.clone().map(|c| sums[c] + positions * origin[c].to_f64()).sum();
    let mean = total / sizes.count();
    let around_mean = |c: usize| {
        let offset = origin[c].to_f64() - mean;
        squares[c] + offset * (2.0 * sums[c] + positions * offset)
    };
    let variance = (members.map(around_mean).sum::<f64>() / sizes.count()).max(0.0);
    (mean, 1.0 / (variance + eps).sqrt())
}
