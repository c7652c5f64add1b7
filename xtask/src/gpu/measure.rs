use std::time::Instant;

use super::results::Workload;
use super::side::Side;
use crate::bench::program::Listed;

/// Both programs.
pub struct Sides {
    pub ours: Side,
    pub peer: Option<Side>,
}

/// The peer's variant that is measured apart.
const COMPILED: &str = "compile";

/// Measures a workload on one side after the other, but for what the peer compiles. A GPU has not always
/// room for both, and other work does not slow it down as it does a processor.
pub fn both(sides: &mut Sides, listed: &Listed, deadline: Instant, workload: &mut Workload) {
    (workload.flops, workload.bytes) = (listed.flops, listed.bytes);
    for variant in &listed.variants {
        let outcome = sides.ours.measure(&listed.name, variant, deadline);
        workload.ours.insert(variant.clone(), outcome);
    }
    sides.ours.rest();
    let Some(peer) = &mut sides.peer else { return };
    for variant in peer.variants(&listed.name) {
        if variant != COMPILED {
            let outcome = peer.measure(&listed.name, &variant, deadline);
            workload.peer.insert(variant, outcome);
        }
    }
    peer.rest();
}

/// Measures what the peer compiles; returns whether there is such a thing.
pub fn compiled(
    sides: &mut Sides,
    listed: &Listed,
    deadline: Instant,
    workload: &mut Workload,
) -> bool {
    let Some(peer) = &mut sides.peer else { return false };
    if !peer.variants(&listed.name).iter().any(|variant| variant == COMPILED) {
        return false;
    }
    let outcome = peer.measure(&listed.name, COMPILED, deadline);
    workload.peer.insert(COMPILED.to_owned(), outcome);
    peer.rest();
    true
}

/// The place of a workload among those that the peer compiles: a training step first, then a round, which
/// finds most of what it needs compiled by then.
pub fn urgency(workload: &str) -> usize {
    let order = ["gpu/train", "gpu/round"];
    order.iter().position(|first| workload.starts_with(first)).unwrap_or(order.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_is_compiled_first() {
        let mut names = ["gpu/forward-2", "gpu/round-2", "gpu/train-2", "gpu/sample-2"];
        names.sort_by_key(|name| urgency(name));
        assert_eq!(names, ["gpu/train-2", "gpu/round-2", "gpu/forward-2", "gpu/sample-2"]);
    }
}
