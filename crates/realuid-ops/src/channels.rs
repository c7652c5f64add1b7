//! Between candle's order of images and that of this crate's operations.

use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// Images `x` [B, C, H, W] as the operations of this crate want them, [B, H, W, C].
pub fn channels_last(x: &Value) -> Result<Value> {
    let [batch, channels, height, width] = image_axes("channels_last", "[B, C, H, W]", x)?;
    let transposition = Transposition { rows: channels, columns: height * width };
    let shape = (batch, height, width, channels).into();
    apply(ChannelOrder { transposition, shape }, [Some(x)])
}

/// The inverse of [`channels_last`]: `x` [B, H, W, C] -> [B, C, H, W].
pub fn channels_first(x: &Value) -> Result<Value> {
    let [batch, height, width, channels] = image_axes("channels_first", "[B, H, W, C]", x)?;
    let transposition = Transposition { rows: height * width, columns: channels };
    let shape = (batch, channels, height, width).into();
    apply(ChannelOrder { transposition, shape }, [Some(x)])
}

/// The four axes of non-empty images.
pub(crate) fn image_axes(operation: &'static str, axes: &str, x: &Value) -> Result<[usize; 4]> {
    match x.dims() {
        &[a, b, c, d] if x.elem_count() > 0 => Ok([a, b, c, d]),
        dims => Err(argument(operation, format!("a non-empty x {axes}"), format!("{dims:?}"))),
    }
}

/// The size of the matrices to be transposed.
#[derive(Clone, Copy)]
pub(crate) struct Transposition {
    pub rows: usize,
    pub columns: usize,
}

impl Transposition {
    pub fn inverse(self) -> Self {
        Self { rows: self.columns, columns: self.rows }
    }

    /// Every matrix [rows, columns] of `x` as [columns, rows].
    fn apply<T: Element>(self, x: &[T], out: &mut [T]) {
        let size = self.rows * self.columns;
        chunks(out, size, size * 2, |index, out| {
            let x = &x[index * size..][..size];
            for (column, out) in out.chunks_exact_mut(self.rows).enumerate() {
                for (row, out) in out.iter_mut().enumerate() {
                    *out = x[row * self.columns + column];
                }
            }
        });
    }
}

pub(crate) struct ChannelOrder {
    pub transposition: Transposition,
    shape: Shape,
}

impl Kernel<1> for ChannelOrder {
    const NAME: &'static str = "channel order";
    const KEEPS: [bool; 1] = [false];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x]: [&[T]; 1], out: &mut [T]) {
        self.transposition.apply(x, out);
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let mut out = Buffer::stale(pass.gradient.len());
        self.transposition.inverse().apply(&pass.gradient, &mut out);
        [Some(Arc::new(out))]
    }
}
