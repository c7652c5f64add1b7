use crate::cost::Cost;
use crate::place::Place;
use crate::precision::Precision;

/// The work of one execution, its inputs prepared.
pub type Execution = Box<dyn FnMut() -> anyhow::Result<()>>;

/// Something to be measured.
pub trait Workload {
    /// `family/name`; the peers call the same work by the same name.
    fn name(&self) -> String;

    /// What one execution costs.
    fn cost(&self) -> Cost;

    /// Whether its peak memory is of interest.
    fn measures_memory(&self) -> bool {
        false
    }

    /// In which numbers it can be measured on a GPU.
    fn precisions(&self) -> &'static [Precision] {
        &[Precision::Tf32, Precision::Bf16]
    }

    /// Makes the inputs; what this does is not measured.
    fn prepare(&self, place: &Place) -> anyhow::Result<Execution>;
}
