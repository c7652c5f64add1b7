use realuid_ops::RandomStream;

/// The endless sequence of example indices: one random permutation of the whole set after another.
///
/// Position p is a pure function of (seed, p), so any batch can be found without the ones before.
pub(crate) struct Order {
    seed: u64,
    len: usize,
    epoch: Option<u64>,
    permutation: Vec<usize>,
}

impl Order {
    /// The order of a set of `len` examples, at least one.
    pub(crate) fn new(seed: u64, len: usize) -> Self {
        debug_assert!(len > 0, "an order needs at least one example");
        Self { seed, len, epoch: None, permutation: Vec::new() }
    }

    /// Indices of batch `batch` of `batch_size` positions. A batch may run over into the next
    /// epoch, and through several when the set is smaller than the batch.
    pub(crate) fn batch(&mut self, batch: u64, batch_size: usize) -> Vec<usize> {
        // 128 bits: batch and size are the caller's, and their product may pass 2^64.
        let first = u128::from(batch) * batch_size as u128;
        (0..batch_size as u128).map(|i| self.at(first + i)).collect()
    }

    fn at(&mut self, position: u128) -> usize {
        let len = self.len as u128;
        let epoch = (position / len) as u64;
        if self.epoch != Some(epoch) {
            self.permutation = RandomStream::new(self.seed, "shuffle", epoch).permutation(self.len);
            self.epoch = Some(epoch);
        }
        self.permutation[(position % len) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_epoch_visits_each_index_once() {
        let mut order = Order::new(3, 23);
        let seen: Vec<usize> = (0..20).flat_map(|b| order.batch(b, 7)).collect();
        let epochs: Vec<&[usize]> = seen.chunks_exact(23).collect();
        assert_eq!(epochs.len(), 6);
        for epoch in &epochs {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..23).collect::<Vec<_>>());
        }
        assert_ne!(epochs[0], epochs[1], "two epochs came in the same order");
    }

    #[test]
    fn a_batch_does_not_depend_on_those_before_it() {
        let mut walked = Order::new(11, 5);
        let all: Vec<Vec<usize>> = (0..9).map(|b| walked.batch(b, 12)).collect();
        for b in [8, 0, 5, 5] {
            assert_eq!(Order::new(11, 5).batch(b, 12), all[b as usize]);
            assert_eq!(walked.batch(b, 12), all[b as usize]);
        }
    }

    #[test]
    fn seeds_give_different_orders_and_far_positions_work() {
        assert_ne!(Order::new(0, 50).batch(0, 50), Order::new(1, 50).batch(0, 50));
        let far = Order::new(0, 50).batch(u64::MAX, 64);
        assert!(far.iter().all(|&i| i < 50) && far.len() == 64);
    }
}
