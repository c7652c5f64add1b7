use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::chunks;

/// Columns of a panel: two of the widest vectors, one or several tiles of narrower ones.
pub(crate) const PANEL: usize = 32;

/// A right operand before packing: element (tap, inner, column) is
/// `values[taps[tap] + inner * inner_stride + column * column_stride]`.
#[derive(Clone, Copy)]
pub(crate) struct PanelSource<'a, T> {
    /// The elements.
    pub(crate) values: &'a [T],
    /// Where each tap starts; one zero for a plain matrix.
    pub(crate) taps: &'a [usize],
    /// Steps of the sum in each tap.
    pub(crate) inner: usize,
    /// Elements between these steps.
    pub(crate) inner_stride: usize,
    /// Columns of the operand.
    pub(crate) columns: usize,
    /// Elements between columns.
    pub(crate) column_stride: usize,
}

/// A right operand as the kernels read it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panels<'a, T> {
    /// The elements; all PANEL columns of every panel exist.
    pub(crate) values: &'a [T],
    /// Elements from one step of the sum to the next.
    pub(crate) step: usize,
    /// Elements from one panel to the next.
    pub(crate) stride: usize,
}

impl<'a, T: Element> Panels<'a, T> {
    /// The result of [`pack`] with `depth` steps.
    pub(crate) fn packed(values: &'a [T], depth: usize) -> Self {
        Self { values, step: PANEL, stride: depth * PANEL }
    }

    /// A matrix [depth, columns] as it is; `columns` a multiple of PANEL.
    pub(crate) fn unpacked(values: &'a [T], columns: usize) -> Self {
        assert!(columns.is_multiple_of(PANEL), "{columns} columns leave a panel partly empty");
        Self { values, step: columns, stride: PANEL }
    }

    /// Panics unless the first `count` panels have `depth` steps.
    pub(crate) fn check(&self, depth: usize, count: usize) {
        if depth > 0 && count > 0 {
            let end = (count - 1) * self.stride + (depth - 1) * self.step + PANEL;
            assert!(end <= self.values.len(), "missing panels");
        }
    }
}

/// The operand as [panels, taps, inner, PANEL], zeros behind the last column.
pub(crate) fn pack<T: Element>(source: PanelSource<'_, T>) -> Buffer<T> {
    let depth = source.taps.len() * source.inner;
    let mut packed = Buffer::stale(source.columns.div_ceil(PANEL) * depth * PANEL);
    if depth > 0 {
        chunks(&mut packed, depth * PANEL, depth * PANEL, |panel, out| {
            let columns = (source.columns - panel * PANEL).min(PANEL);
            if columns < PANEL {
                out.fill(T::zero());
            }
            if source.column_stride == 1 {
                copy_rows(&source, panel * PANEL, columns, out);
            } else if source.column_stride < source.inner_stride {
                gather_rows(&source, panel * PANEL, columns, out);
            } else {
                transpose(&source, panel * PANEL, columns, out);
            }
        });
    }
    packed
}

/// Copies one row of a panel; whole ones, the usual case, without a call.
#[inline(always)]
pub(crate) fn copy_panel<T: Element>(from: &[T], to: &mut [T]) {
    if from.len() == PANEL
        && let (Some(from), Some(to)) = (from.first_chunk::<PANEL>(), to.first_chunk_mut::<PANEL>())
    {
        *to = *from;
    } else {
        to[..from.len()].copy_from_slice(from);
    }
}

/// Columns lie side by side: whole rows of the panel are copied.
fn copy_rows<T: Element>(
    source: &PanelSource<'_, T>,
    first_column: usize,
    columns: usize,
    out: &mut [T],
) {
    for (tap, out) in out.chunks_exact_mut(source.inner * PANEL).enumerate() {
        for (inner, out) in out.chunks_exact_mut(PANEL).enumerate() {
            let start = source.taps[tap] + inner * source.inner_stride + first_column;
            copy_panel(&source.values[start..start + columns], out);
        }
    }
}

/// Columns lie closer than steps: row after row of the panel is gathered.
fn gather_rows<T: Element>(
    source: &PanelSource<'_, T>,
    first_column: usize,
    columns: usize,
    out: &mut [T],
) {
    let len = (columns - 1) * source.column_stride + 1;
    for inner in 0..source.inner {
        let start = inner * source.inner_stride + first_column * source.column_stride;
        for (tap, &offset) in source.taps.iter().enumerate() {
            let from = &source.values[start + offset..][..len];
            let row = &mut out[(tap * source.inner + inner) * PANEL..][..columns];
            for (to, &value) in row.iter_mut().zip(from.iter().step_by(source.column_stride)) {
                *to = value;
            }
        }
    }
}

/// Columns lie further apart than steps: in blocks of steps, so that the lines read and written
/// stay in the nearest cache until they are used up.
fn transpose<T: Element>(
    source: &PanelSource<'_, T>,
    first_column: usize,
    columns: usize,
    out: &mut [T],
) {
    const BLOCK: usize = 16;
    let whole = columns / TOGETHER * TOGETHER;
    for first in (0..source.inner).step_by(BLOCK) {
        let count = BLOCK.min(source.inner - first);
        for (tap, &offset) in source.taps.iter().enumerate() {
            let block = &mut out[(tap * source.inner + first) * PANEL..][..count * PANEL];
            let start = |column: usize| {
                offset
                    + (first_column + column) * source.column_stride
                    + first * source.inner_stride
            };
            for column in (0..whole).step_by(TOGETHER) {
                transpose_columns::<T, TOGETHER>(
                    source,
                    |i| start(column + i),
                    &mut block[column..],
                );
            }
            for column in whole..columns {
                transpose_columns::<T, 1>(source, |_| start(column), &mut block[column..]);
            }
        }
    }
}

/// Columns that are written together.
const TOGETHER: usize = 8;

/// Writes the steps of some columns, given where each starts, to the rows of a panel.
#[inline(always)]
fn transpose_columns<T: Element, const COLUMNS: usize>(
    source: &PanelSource<'_, T>,
    start: impl Fn(usize) -> usize,
    block: &mut [T],
) {
    let steps = block.len().div_ceil(PANEL);
    let len = (steps - 1) * source.inner_stride + 1;
    let from: [&[T]; COLUMNS] = std::array::from_fn(|i| &source.values[start(i)..][..len]);
    for (step, to) in block.chunks_mut(PANEL).enumerate() {
        let values: [T; COLUMNS] = std::array::from_fn(|i| from[i][step * source.inner_stride]);
        to[..COLUMNS].copy_from_slice(&values);
    }
}
