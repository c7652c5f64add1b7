//! Matrix products whose left rows may start anywhere, so that a convolution is one too.
//!
//! The right operand is packed into panels of [`PANEL`] columns, the left one is read where it is:
//! a row is a start, and what is summed is a list of contiguous segments relative to it. A plain
//! matrix has one segment; a convolution over a padded image one for each kernel row.

mod column_product;
mod dot_product;
mod linear;
mod linear_weight;
mod panels;
mod product;
mod row_product;
mod split;
mod tile;

pub(crate) use column_product::ColumnProduct;
pub(crate) use dot_product::DotProduct;
pub(crate) use linear::{Linear, LinearEpilogue, LinearInput};
pub(crate) use panels::{PANEL, PanelSource, Panels, copy_panel, pack};
pub(crate) use product::{FEW_COLUMNS, Product, Row, lines_of_rows};
pub(crate) use row_product::RowProduct;
pub(crate) use split::part;

#[cfg(test)]
mod tests;
