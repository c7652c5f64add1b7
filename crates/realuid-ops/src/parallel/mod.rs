//! Splitting work over cores so that no result depends on how many there are: every task writes its
//! own part of the output, and task boundaries follow from the problem, not from the machine.

mod chunks;
mod disjoint;
mod own;
mod team;
mod vectorised;

pub(crate) use chunks::{chunk_pairs, chunks, consume, stretch};
pub(crate) use disjoint::Disjoint;
pub(crate) use own::own;
pub(crate) use team::run;
pub(crate) use vectorised::vectorised;
