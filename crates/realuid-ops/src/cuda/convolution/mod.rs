//! Convolutions on GPUs: cuDNN for the products, kernels for what comes before and after.

mod backward;
mod epilogue;
mod kernel;
mod prepared;
mod sums;
mod weight;
