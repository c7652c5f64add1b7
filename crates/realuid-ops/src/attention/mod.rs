//! Attention.

mod flash;
mod self_attention;

pub use self_attention::{HeadOrder, self_attention};
