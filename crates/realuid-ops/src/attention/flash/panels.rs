use super::layout::Rows;
use crate::element::Element;
use crate::simd::Vector;

/// Columns of a panel: two vectors.
#[inline(always)]
pub(super) const fn panel_width<V: Vector>() -> usize {
    2 * V::LANES
}

/// `columns` rounded up to whole panels.
#[inline(always)]
pub(super) const fn padded<V: Vector>(columns: usize) -> usize {
    columns.next_multiple_of(panel_width::<V>())
}

/// Packs `rows` [rows, columns] for the right side of a product: panels [padded / panel, rows, panel],
/// with zeros where there is no column.
#[inline(always)]
pub(super) fn pack<V: Vector>(
    panels: &mut [V::Element],
    from: Rows<'_, V::Element>,
    rows: usize,
    columns: usize,
) {
    let panel = panel_width::<V>();
    for (index, panels) in panels.chunks_exact_mut(rows * panel).enumerate() {
        let start = index * panel;
        let filled = panel.min(columns.saturating_sub(start));
        for (row, to) in panels.chunks_exact_mut(panel).enumerate() {
            let from = &from.row(row, columns)[start..][..filled];
            if filled == panel {
                to.copy_from_slice(from);
            } else {
                to.fill(V::Element::ZERO);
                to[..filled].copy_from_slice(from);
            }
        }
    }
}

/// As [`pack`] of the transpose [columns, rows]: panels [padded / panel, columns, panel], a column of
/// a panel being a row of `from`.
#[inline(always)]
pub(super) fn pack_transposed<V: Vector>(
    panels: &mut [V::Element],
    from: Rows<'_, V::Element>,
    rows: usize,
    columns: usize,
) {
    let panel = panel_width::<V>();
    for (index, panels) in panels.chunks_exact_mut(columns * panel).enumerate() {
        let start = index * panel;
        let filled = panel.min(rows.saturating_sub(start));
        if filled < panel {
            panels.fill(V::Element::ZERO);
        }
        for lane in (0..filled).step_by(BLOCK) {
            let lanes = BLOCK.min(filled - lane);
            for column in (0..columns).step_by(BLOCK) {
                let count = BLOCK.min(columns - column);
                let from = from.from(start + lane);
                let from = Rows { data: &from.data[column..], stride: from.stride };
                let to = &mut panels[column * panel + lane..];
                if lanes == BLOCK && count == BLOCK {
                    transpose_block(to, panel, from);
                } else {
                    transpose_part(to, panel, from, [lanes, count]);
                }
            }
        }
    }
}

/// Rows and columns that [`transpose_block`] holds in registers.
const BLOCK: usize = 8;

/// Transposes 8 by 8 elements into rows of `to` that are `stride` apart.
#[inline(always)]
fn transpose_block<T: Element>(to: &mut [T], stride: usize, from: Rows<'_, T>) {
    let mut block = [[T::zero(); BLOCK]; BLOCK];
    for (row, block) in block.iter_mut().enumerate() {
        block.copy_from_slice(from.row(row, BLOCK));
    }
    for column in 0..BLOCK {
        let to = &mut to[column * stride..][..BLOCK];
        for (to, block) in to.iter_mut().zip(&block) {
            *to = block[column];
        }
    }
}

/// As [`transpose_block`] for fewer elements.
#[inline(always)]
fn transpose_part<T: Element>(
    to: &mut [T],
    stride: usize,
    from: Rows<'_, T>,
    [rows, columns]: [usize; 2],
) {
    for row in 0..rows {
        for (column, value) in from.row(row, columns).iter().enumerate() {
            to[column * stride + row] = *value;
        }
    }
}
