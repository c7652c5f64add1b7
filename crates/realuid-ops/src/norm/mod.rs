//! Group normalisation of channels-last images, alone and at the beginning of a convolution.

mod activation;
mod affine;
mod gradients;
mod group_norm;
mod kernel;
mod moments;
mod rows;

pub use group_norm::{GroupNorm, group_norm, group_norm_silu};

pub(crate) use activation::{Activation, Identity, Silu};
pub(crate) use affine::{Affine, Learned};
pub(crate) use gradients::NormGradients;
pub(crate) use group_norm::{check, check_modulation};
#[cfg(feature = "cuda")]
pub(crate) use kernel::Normalise;
pub(crate) use moments::{Moments, Sizes};
