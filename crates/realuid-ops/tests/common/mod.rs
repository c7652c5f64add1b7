//! What the tests that read PyTorch's values share.

use std::collections::HashMap;

use candle_core::{Device, Tensor};

/// Everything `tests/golden/make.py` stored.
pub fn golden() -> HashMap<String, Tensor> {
    let bytes = include_bytes!("../golden/torch.safetensors");
    candle_core::safetensors::load_buffer(bytes, &Device::Cpu).unwrap()
}
