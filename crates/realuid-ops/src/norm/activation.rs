#[cfg(feature = "cuda")]
use crate::cuda::ActivationKernels;
use crate::silu::{silu_slope, silu_value};
use crate::simd::Vector;

/// What follows a normalisation.
pub(crate) trait Activation: Send + Sync + 'static {
    /// Name of the whole operation.
    const NAME: &'static str;
    /// Its kernels for GPUs.
    #[cfg(feature = "cuda")]
    const KERNELS: ActivationKernels;
    /// The activation; `#[inline(always)]`.
    fn value<V: Vector>(x: V) -> V;
    /// Its derivative; `#[inline(always)]`.
    fn slope<V: Vector>(x: V) -> V;
}

/// Nothing.
pub(crate) struct Identity;

impl Activation for Identity {
    const NAME: &'static str = "group_norm";
    #[cfg(feature = "cuda")]
    const KERNELS: ActivationKernels = ActivationKernels::IDENTITY;
    #[inline(always)]
    fn value<V: Vector>(x: V) -> V {
        x
    }
    #[inline(always)]
    fn slope<V: Vector>(_: V) -> V {
        V::splat(crate::element::Element::ONE)
    }
}

/// x sigmoid(x).
pub(crate) struct Silu;

impl Activation for Silu {
    const NAME: &'static str = "group_norm_silu";
    #[cfg(feature = "cuda")]
    const KERNELS: ActivationKernels = ActivationKernels::SILU;
    #[inline(always)]
    fn value<V: Vector>(x: V) -> V {
        silu_value(x)
    }
    #[inline(always)]
    fn slope<V: Vector>(x: V) -> V {
        silu_slope(x)
    }
}
