//! Winograd's algorithm F(4x4, 3x3) for 3x3 convolutions of stride 1 and padding 1, channels last.

mod forward;
mod output;
mod patches;
mod products;
mod runner;
mod sizes;
mod stage;
mod tile_gradients;
mod transforms;
mod weight_gradient;
mod weights;

pub(crate) use forward::{forward, input_gradient};
pub(crate) use sizes::{Sizes, worthwhile};
pub(crate) use weight_gradient::weight_gradient;
pub(crate) use weights::{Direction, TransformedWeight};

#[cfg(test)]
mod tests;
