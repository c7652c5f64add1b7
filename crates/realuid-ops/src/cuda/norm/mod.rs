//! Group normalisation on GPUs, alone and ahead of a convolution.

mod backward;
mod kernel;
mod normalised;
mod parameter;
mod rows;
mod statistics;

pub(super) use backward::NormBackward;
pub(super) use normalised::Normalised;
pub(super) use parameter::{parameter, type_code};
pub(super) use rows::Rows;
pub(super) use statistics::{LearnedViews, Statistics};

/// The kernels of an activation that follows a normalisation.
pub(crate) struct ActivationKernels {
    /// Of `kernels/norm_apply.cu`.
    pub apply: &'static str,
    /// Of `kernels/norm_gradient_sums.cu`.
    pub gradient_sums: &'static str,
    /// Of `kernels/norm_gradient.cu`.
    pub gradient: &'static str,
}

impl ActivationKernels {
    /// None.
    pub const IDENTITY: Self = Self {
        apply: "norm_apply",
        gradient_sums: "norm_gradient_sums",
        gradient: "norm_gradient",
    };
    /// x sigmoid(x).
    pub const SILU: Self = Self {
        apply: "norm_apply_silu",
        gradient_sums: "norm_gradient_sums_silu",
        gradient: "norm_gradient_silu",
    };
}
