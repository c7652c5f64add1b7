use crate::cuda::pack::pack_width;
use crate::cuda::{Argument, Launch, View};

/// How blocks divide the rows of x [images, positions, channels] among them
/// (`kernels/norm_rows.cuh`): a function of the sizes alone, so that sums have the same bits on every
/// GPU and every run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    images: usize,
    positions: usize,
    channels: usize,
    /// Positions of a block.
    height: usize,
    /// Threads side by side over the channels.
    lanes: usize,
    /// Elements of one access.
    width: usize,
}

/// `MOST_THREADS` of the kernels.
const MOST_THREADS: usize = 256;
/// Enough to fill the largest GPU.
const BLOCKS: usize = 1024;
/// More sums of one image would take long to add up.
const MOST_CHUNKS: usize = 128;
/// Positions that a thread adds up in f32, at most, where images allow.
const MOST_TERMS: usize = 512;

impl Rows {
    /// For kernels that read and write `arrays` by rows of `channels`.
    pub fn new(sizes: [usize; 3], arrays: &[View<'_>]) -> Self {
        Self::with_width(sizes, pack_width(arrays, &[sizes[2]]))
    }

    /// For kernels that access one element at a time, because rows differ in length.
    pub fn single(sizes: [usize; 3]) -> Self {
        Self::with_width(sizes, 1)
    }

    fn with_width([images, positions, channels]: [usize; 3], width: usize) -> Self {
        let lanes = (channels / width).min(MOST_THREADS);
        let across = (channels / width).div_ceil(lanes);
        let lines = MOST_THREADS / lanes;
        let wanted = BLOCKS.div_ceil(images * across).min(MOST_CHUNKS);
        // At least two positions for every thread.
        let useful = positions.div_ceil(2 * lines);
        let chunks = wanted.min(useful).max(positions.div_ceil(MOST_TERMS * lines));
        let height = positions.div_ceil(chunks);
        Self { images, positions, channels, height, lanes, width }
    }

    /// Blocks of one image.
    pub fn chunks(&self) -> usize {
        self.positions.div_ceil(self.height)
    }

    /// Rows of sums, one for every block.
    pub fn blocks(&self) -> usize {
        self.images * self.chunks()
    }

    pub fn launch(&self) -> Launch {
        let across = (self.channels / self.width).div_ceil(self.lanes);
        let threads = self.lanes * (MOST_THREADS / self.lanes);
        let blocks = [self.blocks() as u32, across as u32, 1];
        Launch { blocks, threads: threads as u32, shared: 0 }
    }

    /// Positions, channels, rows, lanes and whether accesses are wide.
    pub fn arguments(&self) -> [Argument; 5] {
        let wide = Argument::U32(u32::from(self.width > 1));
        let [positions, channels, rows] = self.shape();
        [positions, channels, rows, self.lanes.into(), wide]
    }

    /// Positions, channels and rows, for kernels that only read the sums.
    pub fn shape(&self) -> [Argument; 3] {
        [self.positions.into(), self.channels.into(), self.height.into()]
    }
}
