//! One path, one file; what several share is private to this folder.

mod brownian_bridge;
mod cosine;
mod ddbm_ve;
mod ddbm_vp;
mod ddpm;
mod gamma;
mod gvp;
mod i2sb;
mod linear;
mod linear_beta;
mod pinned;
mod positive;
mod quarter_turn;
mod stochastic_interpolant;
mod variance_exploding;
mod vp_linear;

pub use brownian_bridge::BrownianBridge;
pub use cosine::Cosine;
pub use ddbm_ve::DdbmVe;
pub use ddbm_vp::DdbmVp;
pub use ddpm::Ddpm;
pub use gamma::Gamma;
pub use gvp::Gvp;
pub use i2sb::I2sb;
pub use linear::Linear;
pub use stochastic_interpolant::StochasticInterpolant;
pub use variance_exploding::VarianceExploding;
pub use vp_linear::VpLinear;
