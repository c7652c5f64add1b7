use candle_core::DType;

use super::{Launch, View};

/// Rows that a block keeps, of queries or of keys and values.
const OWN: usize = 64;

/// A pass of attention: its kernels for tiles of ordinary arithmetic, then of tensor cores for rows
/// of up to 64, 128 and 256 elements.
pub(super) type Pass = [Plan; 4];

/// A kernel of one pass and how it is launched; the numbers are those of its tiles in `kernels/`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Its module and name.
    pub kernel: [&'static str; 2],
    /// Columns of a result that a block computes.
    columns: usize,
    threads: u32,
    /// Bytes of shared memory.
    shared: u32,
}

/// softmax(q k^T) v and what the backward pass needs.
pub(super) const FORWARD: Pass = [
    plain(["attention_forward", "attention_forward_plain"]),
    Tiles { width: 64, other: 64, columns: 64, kept: 1 }
        .plan(["attention_forward", "attention_forward_64"]),
    Tiles { width: 128, other: 32, columns: 128, kept: 1 }
        .plan(["attention_forward", "attention_forward_128"]),
    Tiles { width: 256, other: 16, columns: 256, kept: 1 }
        .plan(["attention_forward", "attention_forward_256"]),
];

/// Gradients of queries.
pub(super) const QUERIES: Pass = [
    plain(["attention_queries", "attention_queries_plain"]),
    Tiles { width: 64, other: 32, columns: 64, kept: 2 }
        .plan(["attention_queries", "attention_queries_64"]),
    Tiles { width: 128, other: 32, columns: 128, kept: 2 }
        .plan(["attention_queries", "attention_queries_128"]),
    Tiles { width: 256, other: 16, columns: 256, kept: 2 }
        .plan(["attention_queries", "attention_queries_256"]),
];

/// Gradients of keys and values.
pub(super) const KEYS: Pass = [
    plain(["attention_keys", "attention_keys_plain"]),
    Tiles { width: 64, other: 32, columns: 64, kept: 2 }
        .plan(["attention_keys", "attention_keys_64"]),
    Tiles { width: 128, other: 32, columns: 128, kept: 2 }
        .plan(["attention_keys", "attention_keys_128"]),
    Tiles { width: 256, other: 16, columns: 128, kept: 2 }
        .plan(["attention_keys", "attention_keys_256"]),
];

/// `TensorCores` of `kernels/attention_tensor_core.cuh`.
struct Tiles {
    /// Elements of a row, at most.
    width: usize,
    /// Rows that pass by at a time.
    other: usize,
    columns: usize,
    /// Arrays of rows that a block keeps.
    kept: usize,
}

impl Tiles {
    const fn plan(self, kernel: [&'static str; 2]) -> Plan {
        // Two arrays pass by, twice; rows are 16 bytes longer than their 16-bit elements.
        let shared = (self.kept * OWN + 2 * 2 * self.other) * (self.width + 8) * 2;
        Plan { kernel, columns: self.columns, threads: 128, shared: shared as u32 }
    }
}

/// `Plain` of `kernels/attention_plain.cuh`.
const fn plain(kernel: [&'static str; 2]) -> Plan {
    // Rows of 68 f32: 16 of either factor, and 64 of weights.
    Plan { kernel, columns: 64, threads: 256, shared: (16 + 16 + 64) * 68 * 4 }
}

/// The kernel for heads of `width` elements, of whose arrays those are given that blocks copy rows of.
pub(super) fn plan(pass: &Pass, width: usize, arrays: &[View<'_>]) -> Plan {
    // Tensor cores are fed with 16 bytes at a time.
    let aligned = |view: &View<'_>| view.dtype != DType::F32 && view.pointer.is_multiple_of(16);
    if !width.is_multiple_of(8) || !arrays.iter().all(aligned) {
        return pass[0];
    }
    match width {
        ..=64 => pass[1],
        65..=128 => pass[2],
        129..=256 => pass[3],
        _ => pass[0],
    }
}

impl Plan {
    /// For `batch` times `heads` sequences of `tokens` rows of `width` elements.
    pub fn launch(&self, sequences: usize, tokens: usize, width: usize) -> Launch {
        let blocks = sequences * tokens.div_ceil(OWN) * width.div_ceil(self.columns);
        Launch { blocks: [blocks as u32, 1, 1], threads: self.threads, shared: self.shared }
    }
}
