//! Convolutions of any square kernel, stride and padding on channels-last images, as products whose
//! left rows are read from the padded image: no matrix of patches is built, except where it is
//! small.

mod band;
mod filters;
mod forward;
mod input_gradient;
mod patches;
mod staging;
mod weight_gradient;

pub(crate) use forward::forward;
pub(crate) use input_gradient::input_gradient;
pub(crate) use weight_gradient::weight_gradient;

#[cfg(test)]
mod tests;
