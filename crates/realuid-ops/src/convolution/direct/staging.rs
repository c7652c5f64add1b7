#![allow(unsafe_code)]

use std::ops::{Deref, Range};

use crate::buffer::Buffer;
use crate::convolution::Geometry;
use crate::convolution::Source;
use crate::element::Element;
use crate::parallel::chunks;
use crate::products::copy_panel;
use crate::silu::silu_value;
use crate::simd::{OnVectors, Vector, load_up_to, store_up_to};

/// The shape of staged images: [images, height, width, channels], the source inside zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Zeros above and to the left of the source.
    pub(crate) before: usize,
    /// Rows with the zeros.
    pub(crate) height: usize,
    /// Columns with the zeros.
    pub(crate) width: usize,
}

impl Frame {
    /// The input of a convolution with its padding.
    pub(crate) fn of_input(geometry: &Geometry) -> Self {
        Self {
            before: geometry.padding,
            height: geometry.height + 2 * geometry.padding,
            width: geometry.width + 2 * geometry.padding,
        }
    }

    /// Positions of an image.
    pub(crate) fn positions(self) -> usize {
        self.height * self.width
    }
}

/// Images ready to be multiplied: the source itself where it needs no change.
pub(crate) enum Staged<'a, T: Element> {
    /// The source.
    AsIs(&'a [T]),
    /// A copy with prologue and zeros.
    Copied(Buffer<T>),
}

impl<T: Element> Deref for Staged<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::AsIs(values) => values,
            Self::Copied(values) => values,
        }
    }
}

/// All images of `source` in frames; `geometry` has the size of the images.
pub(crate) fn stage<'a, T: Element>(
    source: Source<'a, T>,
    geometry: &Geometry,
    frame: Frame,
) -> Staged<'a, T> {
    let as_is = frame.positions() == geometry.height * geometry.width;
    if as_is && source.prologue.is_none() && source.resolution.factor() == 1 {
        return Staged::AsIs(source.values);
    }
    let row = frame.width * geometry.channels;
    let mut staged = Buffer::stale(geometry.batch * frame.height * row);
    if row > 0 {
        let rows_per_task = 16_384_usize.div_ceil(row);
        chunks(&mut staged, rows_per_task * row, rows_per_task * row * 4, |task, out| {
            T::on_vectors(StageRows {
                source,
                geometry: *geometry,
                frame,
                channels: 0..geometry.channels,
                first: task * rows_per_task,
                out,
            });
        });
    }
    Staged::Copied(staged)
}

/// Writes staged rows `first`, `first` + 1, ... of all images one after the other, for some
/// channels.
pub(crate) struct StageRows<'a, T> {
    /// The images.
    pub(crate) source: Source<'a, T>,
    /// Their sizes.
    pub(crate) geometry: Geometry,
    /// The shape to write.
    pub(crate) frame: Frame,
    /// Channels to write.
    pub(crate) channels: Range<usize>,
    /// The first row: image * frame height + row in the frame.
    pub(crate) first: usize,
    /// [rows, frame width, channels].
    pub(crate) out: &'a mut [T],
}

impl<T: Element> OnVectors<T> for StageRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        self.write::<V>();
    }
}

impl<T: Element> StageRows<'_, T> {
    /// The kernel, for callers that are inside a `run` already.
    #[inline(always)]
    pub(crate) fn write<V: Vector<Element = T>>(self) {
        let Self { source, geometry, frame, channels, first, out } = self;
        let count = channels.len();
        let row = frame.width * count;
        let factor = source.resolution.factor();
        let stored_width = geometry.width / factor;
        let stored_height = geometry.height / factor;
        for (index, out) in out.chunks_exact_mut(row).enumerate() {
            let (image, y) = ((first + index) / frame.height, (first + index) % frame.height);
            let inside = y.checked_sub(frame.before).filter(|&y| y < geometry.height);
            let Some(y) = inside else {
                out.fill(T::zero());
                continue;
            };
            let (left, rest) = out.split_at_mut(frame.before * count);
            let (middle, right) = rest.split_at_mut(geometry.width * count);
            left.fill(T::zero());
            right.fill(T::zero());
            let stored_row = (image * stored_height + y / factor) * stored_width;
            let of_image = image * geometry.channels;
            if source.prologue.is_none() && factor == 1 && count == geometry.channels {
                let start = stored_row * count;
                middle.copy_from_slice(&source.values[start..start + middle.len()]);
                continue;
            }
            let prologue = source.prologue.map(|prologue| {
                let range = of_image + channels.start..of_image + channels.end;
                (&prologue.scale[range.clone()], &prologue.shift[range])
            });
            for (x, out) in middle.chunks_exact_mut(factor * count).enumerate() {
                let start = (stored_row + x) * geometry.channels;
                let values = &source.values[start + channels.start..start + channels.end];
                let (out, again) = out.split_at_mut(count);
                match prologue {
                    Some((scale, shift)) => silu_affine::<V>(values, scale, shift, out),
                    None => copy_panel(values, out),
                }
                for again in again.chunks_exact_mut(count) {
                    copy_panel(out, again);
                }
            }
        }
    }
}

/// out = silu(values * scale + shift).
#[inline(always)]
fn silu_affine<V: Vector>(
    values: &[V::Element],
    scale: &[V::Element],
    shift: &[V::Element],
    out: &mut [V::Element],
) {
    let count = out.len();
    assert!(values.len() == count && scale.len() == count && shift.len() == count, "one length");
    let [values, scale, shift] = [values, scale, shift].map(<[V::Element]>::as_ptr);
    let out = out.as_mut_ptr();
    for first in (0..count).step_by(V::LANES) {
        let lanes = V::LANES.min(count - first);
        // SAFETY: all four slices have `count` elements.
        unsafe {
            let load = |from: *const V::Element| load_up_to::<V>(from.add(first), lanes);
            let value = silu_value(load(values).mul_add(load(scale), load(shift)));
            store_up_to(value, out.add(first), lanes);
        }
    }
}
