use crate::buffer::Buffer;
use crate::convolution::Geometry;
use crate::element::Element;
use crate::products::{
    DotProduct, FEW_COLUMNS, PANEL, PanelSource, Panels, Product, RowProduct, pack,
};
use crate::simd::{OnVectors, Vector};

/// A convolution's weight [filters, channels, kernel, kernel] as the right operand of a product.
#[derive(Clone, Copy)]
pub(crate) struct Filters<'a, T> {
    /// The elements.
    pub(crate) weight: &'a [T],
    /// Where each tap of the sum lies in the kernel: row * kernel + column.
    pub(crate) taps: &'a [usize],
    /// Its other two dimensions.
    pub(crate) role: Role,
}

/// What is summed, and what the columns of the product are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The sum is over channels, columns are filters.
    Forward,
    /// The sum is over filters, columns are channels.
    InputGradient,
}

impl<'a, T: Element> Filters<'a, T> {
    /// The operand's elements, unpacked.
    pub(crate) fn source(&self, geometry: &Geometry) -> PanelSource<'a, T> {
        let tap_count = geometry.kernel * geometry.kernel;
        let (channels, filters) = (geometry.channels, geometry.filters);
        let (inner, inner_stride, columns, column_stride) = match self.role {
            Role::Forward => (channels, tap_count, filters, channels * tap_count),
            Role::InputGradient => (filters, channels * tap_count, channels, tap_count),
        };
        let (values, taps) = (self.weight, self.taps);
        PanelSource { values, taps, inner, inner_stride, columns, column_stride }
    }
}

/// A right operand ready for its product.
pub(crate) enum Packed<T: Element> {
    /// Panels, with the steps of the sum.
    Panels(Buffer<T>, usize),
    /// [columns, taps, inner], for few columns.
    Transposed(Vec<T>),
}

impl<T: Element> Packed<T> {
    /// Packs as fits the number of columns.
    pub(crate) fn new(source: PanelSource<'_, T>) -> Self {
        if source.columns > FEW_COLUMNS {
            return Self::Panels(pack(source), source.taps.len() * source.inner);
        }
        let elements = (0..source.columns).flat_map(|column| {
            source.taps.iter().flat_map(move |tap| {
                let start = tap + column * source.column_stride;
                (0..source.inner)
                    .map(move |inner| source.values[start + inner * source.inner_stride])
            })
        });
        Self::Transposed(elements.collect())
    }

    /// `product` with this right operand, by the calling thread; to be called from `OnVectors::run`.
    #[inline(always)]
    pub(crate) fn multiply_here<V: Vector<Element = T>>(&self, product: Product<'_, T>) {
        match self {
            Self::Panels(values, depth) => {
                let chosen = 0..product.columns.div_ceil(PANEL);
                let panels = Panels::packed(values, *depth);
                RowProduct { product, panels, chosen }.run::<V>();
            }
            Self::Transposed(right) => {
                let chosen = 0..product.columns;
                DotProduct { product, right, chosen }.run::<V>();
            }
        }
    }

    /// `product` with this right operand, by all threads.
    pub(crate) fn multiply(&self, product: Product<'_, T>) {
        match self {
            Self::Panels(values, depth) => product.with_panels(Panels::packed(values, *depth)),
            Self::Transposed(values) => product.with_transposed(values),
        }
    }
}
