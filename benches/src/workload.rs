use crate::cost::Cost;
use crate::place::Place;
use crate::precision::Precision;
use crate::variant::Variant;

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

    /// The ways in which it can be measured on a GPU.
    fn variants(&self) -> &'static [Variant] {
        const ALL: [Variant; 2] =
            [Variant::launched(Precision::Tf32), Variant::launched(Precision::Bf16)];
        &ALL
    }

    /// Makes the inputs; what this does is not measured.
    fn prepare(&self, place: &Place) -> anyhow::Result<Execution>;
}
