use std::borrow::Cow;

use super::band::Band;
use super::filters::{Filters, Packed, Role};
use super::patches;
use super::staging::{Frame, stage};
use crate::convolution::Geometry;
use crate::convolution::{Epilogue, Source};
use crate::element::Element;
use crate::parallel::{self, Disjoint};
use crate::products::{LinearInput, Product, Row};
use crate::simd::{OnVectors, Vector};

/// `out [batch, out_height, out_width, filters]` = source convolved with `weight [filters,
/// channels, kernel, kernel]`, + epilogue.
///
/// # Panics
/// If a slice has not the size that its shape says.
pub(crate) fn forward<T: Element>(
    source: Source<'_, T>,
    weight: &[T],
    epilogue: Epilogue<'_, T>,
    geometry: &Geometry,
    out: &mut [T],
) {
    assert_eq!(weight.len(), geometry.filters * geometry.patch(), "weight");
    assert_eq!(out.len(), geometry.positions() * geometry.filters, "out");
    let addend = addend(&epilogue, geometry);
    let addend = addend.as_deref();
    if patches::are_few_for_forward(geometry) {
        patches::forward(source, weight, (addend, epilogue.residual), geometry, out);
        return;
    }
    if geometry.kernel == 1 && geometry.stride == 1 {
        let staged = stage(source, geometry, Frame::of_input(geometry));
        let x = LinearInput { values: &staged, stride: geometry.channels };
        patches::multiply(x, weight, (addend, epilogue.residual), geometry, out);
        return;
    }
    let taps: Vec<_> = (0..geometry.kernel * geometry.kernel).collect();
    let filters = Filters { weight, taps: &taps, role: Role::Forward };
    let packed = Packed::new(filters.source(geometry));
    let (residual, output) = (epilogue.residual, Disjoint::new(out));
    let bands = Band::all(geometry, (geometry.positions() / TASKS).clamp(64, 192));
    parallel::run(bands.len(), |index| {
        let band = bands[index].clone();
        let task = Forward { source, geometry, packed: &packed, addend, residual, output, band };
        T::on_vectors(task);
    });
}

/// Tasks that keep the machine busy to the end, where the sizes allow for them.
const TASKS: usize = 16;

/// Bias and addend of each image in one: [filters] or [batch, filters].
fn addend<'a, T: Element>(epilogue: &Epilogue<'a, T>, geometry: &Geometry) -> Option<Cow<'a, [T]>> {
    match (epilogue.bias, epilogue.per_image) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(Cow::Borrowed(one)),
        (Some(bias), Some(per_image)) => {
            let sums = per_image
                .chunks_exact(geometry.filters)
                .flat_map(|image| image.iter().zip(bias).map(|(&image, &bias)| image + bias));
            Some(Cow::Owned(sums.collect()))
        }
    }
}

/// The convolution at some output positions.
struct Forward<'a, T: Element> {
    source: Source<'a, T>,
    geometry: &'a Geometry,
    packed: &'a Packed<T>,
    /// [filters] or [batch, filters].
    addend: Option<&'a [T]>,
    residual: Option<&'a [T]>,
    output: Disjoint<'a, T>,
    band: Band,
}

impl<T: Element> OnVectors<T> for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Element = T>>(self) {
        let Geometry { kernel, channels, filters, .. } = *self.geometry;
        let line = Frame::of_input(self.geometry).width * channels;
        let staged = self.band.stage::<V>(self.source, self.geometry, 0..channels);
        let segments: Vec<_> = (0..kernel).map(|y| y * line).collect();
        self.packed.multiply_here::<V>(Product {
            left: &staged,
            rows: &self.rows(line),
            segments: &segments,
            length: kernel * channels,
            columns: filters,
            addend: self.addend,
            residual: self.residual,
            output: self.output,
        });
    }
}

impl<T: Element> Forward<'_, T> {
    /// The output positions, as rows of the product; `line` elements are in a staged row.
    fn rows(&self, line: usize) -> Vec<Row> {
        let Geometry { stride, channels, filters, out_height, out_width, .. } = *self.geometry;
        let per_image = self.addend.is_some_and(|addend| addend.len() > filters);
        let rows_seen = self.band.rows_seen(self.geometry);
        let mut rows =
            Vec::with_capacity(self.band.images.len() * self.band.rows.len() * out_width);
        for (staged_image, image) in self.band.images.clone().enumerate() {
            for (index, y) in self.band.rows.clone().enumerate() {
                let from = (staged_image * rows_seen + index * stride) * line;
                let to = (image * out_height + y) * out_width;
                let shared = if per_image { image * filters } else { 0 };
                rows.extend((0..out_width).map(|x| Row {
                    from: from + x * stride * channels,
                    to: (to + x) * filters,
                    shared,
                }));
            }
        }
        rows
    }
}
