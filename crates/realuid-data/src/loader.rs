use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::batch::{Layout, assemble, flips};
use crate::order::Order;
use crate::{Batch, Dataset, Error, Result};

/// An endless iterator over shuffled batches, decoded ahead on other threads.
///
/// Batch b is a pure function of (data set, seed, b): it holds positions bB..(b+1)B of one random
/// permutation of the whole set after another. A loader opened at batch b therefore continues
/// exactly where another stopped, and the number of workers changes nothing but the speed. An
/// error is delivered in place of the batch it spoilt; the next call gives the next batch.
///
/// Dropping the loader ends its threads, after the batch each is working on.
pub struct Loader {
    next: u64,
    source: Source,
}

/// How a [`Loader`] makes its batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoaderConfig {
    /// Examples in a batch. May exceed the size of the set.
    pub batch_size: usize,
    /// Seed of the order and of the mirroring.
    pub seed: u64,
    /// Mirror each image left to right with probability one half. An error for vectors.
    pub horizontal_flip: bool,
    /// Threads that decode; 0 decodes on the calling thread when a batch is asked for.
    pub workers: usize,
    /// Batches held ready, over all workers; each worker holds at least one.
    pub prefetch: usize,
}

impl LoaderConfig {
    /// Batches of `batch_size`, without mirroring, decoded by one worker two batches ahead.
    pub fn new(batch_size: usize, seed: u64) -> Self {
        Self { batch_size, seed, horizontal_flip: false, workers: 1, prefetch: 2 }
    }
}

impl Loader {
    /// A loader over `dataset` whose first batch has index `first_batch`.
    ///
    /// Decodes the first example, to know the shape. Errors: an empty set, a batch size of 0,
    /// mirroring examples that are not `[C, H, W]`.
    pub fn new(dataset: Arc<dyn Dataset>, config: LoaderConfig, first_batch: u64) -> Result<Self> {
        let layout = Layout::of(dataset.as_ref())?;
        config.check(&layout)?;
        let source = if config.workers == 0 {
            Source::Here(Maker::new(dataset, layout, config))
        } else {
            Source::Threads(Threads::start(&dataset, &layout, &config, first_batch)?)
        };
        Ok(Self { next: first_batch, source })
    }
}

impl Iterator for Loader {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        self.next = index.wrapping_add(1);
        Some(match &mut self.source {
            Source::Here(maker) => maker.make(index),
            Source::Threads(threads) => threads.receive(index),
        })
    }
}

impl LoaderConfig {
    fn check(&self, layout: &Layout) -> Result<()> {
        if self.batch_size == 0 {
            return Err(Error::Argument {
                operation: "opening a loader",
                expected: "a batch size of at least 1".into(),
                found: "0".into(),
            });
        }
        if self.horizontal_flip && layout.shape.len() != 3 {
            return Err(Error::Argument {
                operation: "opening a loader with horizontal flips",
                expected: "images of shape [C, H, W]".into(),
                found: format!(
                    "examples of shape {:?}; set horizontal_flip to false",
                    layout.shape
                ),
            });
        }
        Ok(())
    }
}

enum Source {
    Here(Maker),
    Threads(Threads),
}

/// Makes any batch.
struct Maker {
    dataset: Arc<dyn Dataset>,
    layout: Layout,
    config: LoaderConfig,
    order: Order,
}

impl Maker {
    fn new(dataset: Arc<dyn Dataset>, layout: Layout, config: LoaderConfig) -> Self {
        let order = Order::new(config.seed, dataset.len());
        Self { dataset, layout, config, order }
    }

    fn make(&mut self, index: u64) -> Result<Batch> {
        let LoaderConfig { batch_size, seed, horizontal_flip, .. } = self.config;
        let indices = self.order.batch(index, batch_size);
        let mirrored = if horizontal_flip { flips(seed, index, batch_size) } else { Vec::new() };
        assemble(self.dataset.as_ref(), &self.layout, index, &indices, &mirrored)
    }
}

/// Worker w of n makes batches first + w, first + w + n, ... into a bounded channel of its own;
/// the reader takes from the channels in turn, which keeps the batches in order.
struct Threads {
    first: u64,
    receivers: Vec<Receiver<Result<Batch>>>,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    fn start(
        dataset: &Arc<dyn Dataset>,
        layout: &Layout,
        config: &LoaderConfig,
        first: u64,
    ) -> Result<Self> {
        let workers = config.workers;
        // A worker holds one finished batch itself while it waits for room in its channel.
        let room = config.prefetch.div_ceil(workers).saturating_sub(1);
        let mut threads = Self { first, receivers: Vec::new(), handles: Vec::new() };
        for worker in 0..workers as u64 {
            let (sender, receiver) = sync_channel(room);
            let maker = Maker::new(Arc::clone(dataset), layout.clone(), config.clone());
            let start = first.wrapping_add(worker);
            let handle = std::thread::Builder::new()
                .name(format!("data loader {worker}"))
                .spawn(move || work(maker, &sender, start, workers))
                .map_err(|source| Error::Thread { source })?;
            threads.receivers.push(receiver);
            threads.handles.push(handle);
        }
        Ok(threads)
    }

    fn receive(&self, index: u64) -> Result<Batch> {
        let turn = index.wrapping_sub(self.first) % self.receivers.len() as u64;
        self.receivers[turn as usize].recv().unwrap_or(Err(Error::WorkerLost { batch: index }))
    }
}

/// Makes every `stride`-th batch from `index` on, until nobody listens.
fn work(mut maker: Maker, sender: &SyncSender<Result<Batch>>, mut index: u64, stride: usize) {
    while sender.send(maker.make(index)).is_ok() {
        index = index.wrapping_add(stride as u64);
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Without their receivers the workers' next send fails, which ends them.
        self.receivers.clear();
        for handle in self.handles.drain(..) {
            // A worker that panicked has been reported as `WorkerLost`.
            let _ = handle.join();
        }
    }
}
