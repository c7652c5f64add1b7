use crate::{element::Element, simd::OnVectors};

/// What runs a task: tests choose the instructions, everybody else takes the best.
pub(super) trait Runner<T>: Sync {
    /// Runs `work`.
    fn run<W: OnVectors<T>>(&self, work: W) -> W::Output;
}

/// Runs on the widest vectors of the machine.
pub(super) struct Widest;

impl<T: Element> Runner<T> for Widest {
    fn run<W: OnVectors<T>>(&self, work: W) -> W::Output {
        T::on_vectors(work)
    }
}
