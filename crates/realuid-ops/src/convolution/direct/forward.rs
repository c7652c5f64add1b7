use std::borrow::Cow;

use super::filters::{Filters, Packed, Role};
use super::patches;
use super::staging::{Frame, stage};
use crate::convolution::Geometry;
use crate::convolution::{Epilogue, Source};
use crate::element::Element;
use crate::parallel::Disjoint;
use crate::products::{Product, Row, lines_of_rows};

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
    let frame = Frame::of_input(geometry);
    let taps: Vec<_> = (0..geometry.kernel * geometry.kernel).collect();
    let filters = Filters { weight, taps: &taps, role: Role::Forward };
    let per_image = addend.is_some_and(|addend| addend.len() > geometry.filters);
    let packed = Packed::new(filters.source(geometry));
    let staged = stage(source, geometry, frame);
    let rows = rows_of(geometry, frame, per_image);
    let segments: Vec<_> =
        (0..geometry.kernel).map(|y| y * frame.width * geometry.channels).collect();
    packed.multiply(Product {
        left: &staged,
        rows: &rows,
        segments: &segments,
        length: geometry.kernel * geometry.channels,
        columns: geometry.filters,
        addend,
        residual: epilogue.residual,
        output: Disjoint::new(out),
    });
}

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

/// The output positions, as rows of the product.
fn rows_of(geometry: &Geometry, frame: Frame, addend_per_image: bool) -> Vec<Row> {
    let Geometry { stride, channels, filters, out_height, out_width, .. } = *geometry;
    lines_of_rows(geometry.batch * out_height, out_width, |line, x| {
        let (image, y) = (line / out_height, line % out_height);
        let from = (image * frame.height + y * stride) * frame.width + x * stride;
        Row {
            from: from * channels,
            to: (line * out_width + x) * filters,
            shared: if addend_per_image { image * filters } else { 0 },
        }
    })
}
