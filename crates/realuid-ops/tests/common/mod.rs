//! What the tests share.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use realuid_ops::{Result, Value, channels_first, channels_last, on_tape};

/// Everything `tests/golden/make.py` stored.
#[allow(dead_code)] // not every test reads it
pub fn golden() -> HashMap<String, Tensor> {
    let bytes = include_bytes!("../golden/torch.safetensors");
    candle_core::safetensors::load_buffer(bytes, &Device::Cpu).unwrap()
}

/// `body`, which works on images with their channels last, on `x` [B, C, H, W].
#[allow(dead_code)] // not every test needs it
pub fn on_images(x: &Tensor, body: impl FnOnce(&Value) -> Result<Value>) -> Result<Tensor> {
    on_tape(x, |x| channels_first(&body(&channels_last(x)?)?))
}
