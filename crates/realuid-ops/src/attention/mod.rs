//! Attention.

mod flash;
mod self_attention;

#[cfg(feature = "cuda")]
pub(crate) use self_attention::SelfAttention;
pub use self_attention::{HeadOrder, self_attention};
