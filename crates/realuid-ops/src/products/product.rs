use super::dot_product::DotProduct;
use super::panels::{PANEL, Panels};
use super::row_product::RowProduct;
use super::split::part;
use crate::element::Element;
use crate::parallel::{self, Disjoint, chunks};

/// Columns up to which a panel would stay mostly empty.
pub(crate) const FEW_COLUMNS: usize = 4;

/// Where a row of the product is found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    /// Its start in the left operand.
    pub(crate) from: usize,
    /// Its start in the output, and in the residual.
    pub(crate) to: usize,
    /// Its start in the addend, which several rows share.
    pub(crate) shared: usize,
}

/// The rows of an image or a matrix, `lines` times `width`, from line and place in the line.
pub(crate) fn lines_of_rows(
    lines: usize,
    width: usize,
    row: impl Fn(usize, usize) -> Row + Sync,
) -> Vec<Row> {
    let mut rows = vec![Row::default(); lines * width];
    chunks(&mut rows, width, width * 16, |line, rows| {
        for (place, to) in rows.iter_mut().enumerate() {
            *to = row(line, place);
        }
    });
    rows
}

/// out[row.to + column] = sum over segments and k of left[row.from + segment + k] * right[segment,
/// k, column], + addend[row.shared + column] + residual[row.to + column].
///
/// Rows write `columns` elements each, no two of them the same.
#[derive(Clone, Copy)]
pub(crate) struct Product<'a, T> {
    /// The left operand.
    pub(crate) left: &'a [T],
    /// Rows of the product.
    pub(crate) rows: &'a [Row],
    /// Where the segments start in the left operand, relative to a row.
    pub(crate) segments: &'a [usize],
    /// Elements of a segment.
    pub(crate) length: usize,
    /// Columns of the product.
    pub(crate) columns: usize,
    /// Added to each row.
    pub(crate) addend: Option<&'a [T]>,
    /// Of the size of the output, added to it.
    pub(crate) residual: Option<&'a [T]>,
    /// Where the product goes.
    pub(crate) output: Disjoint<'a, T>,
}

/// Tasks that keep the machine busy to the end, where the sizes allow for them.
const TASKS: usize = 16;

/// Rows of a task: enough to repay fetching a panel, few enough to stay in the second-level cache.
const ROWS: usize = 192;

impl<T: Element> Product<'_, T> {
    /// The product with a right operand in panels of [segments, length] steps.
    pub(crate) fn with_panels(self, panels: Panels<'_, T>) {
        let row_blocks = self.rows.len().div_ceil(ROWS);
        let panel_count = self.columns.div_ceil(PANEL);
        let panel_blocks = TASKS.div_ceil(row_blocks.max(1)).min(panel_count);
        parallel::run(row_blocks * panel_blocks, |task| {
            let (row_block, panel_block) = (task / panel_blocks, task % panel_blocks);
            let rows = &self.rows[part(self.rows.len(), row_block, row_blocks)];
            let chosen = part(panel_count, panel_block, panel_blocks);
            T::on_vectors(RowProduct { product: Self { rows, ..self }, panels, chosen });
        });
    }

    /// The product with a right operand given as [columns, segments, length].
    pub(crate) fn with_transposed(self, right: &[T]) {
        let row_blocks = self.rows.len().div_ceil(ROWS);
        let column_blocks =
            TASKS.div_ceil(row_blocks.max(1)).min(self.columns.div_ceil(FEW_COLUMNS));
        parallel::run(row_blocks * column_blocks, |task| {
            let (row_block, column_block) = (task / column_blocks, task % column_blocks);
            let rows = &self.rows[part(self.rows.len(), row_block, row_blocks)];
            let chosen = part(self.columns, column_block, column_blocks);
            T::on_vectors(DotProduct { product: Self { rows, ..self }, right, chosen });
        });
    }

    /// Panics unless all that the rows read and write exists.
    pub(crate) fn check(&self) {
        let reach = self.segments.iter().max().map_or(0, |&last| last + self.length);
        for row in self.rows {
            let end = row.from.checked_add(reach);
            let inside = self.depth() == 0 || end.is_some_and(|end| end <= self.left.len());
            assert!(inside, "a row leaves the left operand");
            assert!(row.to + self.columns <= self.output.len(), "a row leaves the output");
            if let Some(addend) = self.addend {
                assert!(row.shared + self.columns <= addend.len(), "a row leaves the addend");
            }
        }
        assert!(self.residual.is_none_or(|r| r.len() >= self.output.len()), "short residual");
    }

    /// Steps of the sum.
    pub(crate) fn depth(&self) -> usize {
        self.segments.len() * self.length
    }
}
