//! Two-dimensional convolutions of channels-last images.

mod algorithm;
mod conv2d;
mod direct;
mod geometry;
mod kernel;
mod source;
mod winograd;

pub use algorithm::{Conv3x3, set_conv3x3};
pub use conv2d::{Conv2dConfig, Convolution, conv2d};

pub(crate) use geometry::Geometry;
#[cfg(feature = "cuda")]
pub(crate) use kernel::FusedConvolution;
pub(crate) use source::{Epilogue, Prologue, Resolution, Source};
