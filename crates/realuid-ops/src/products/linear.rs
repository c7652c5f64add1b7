use super::panels::{PANEL, PanelSource, Panels, pack};
use super::product::{Product, Row, lines_of_rows};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::parallel::{Disjoint, chunks};

/// The sizes of a linear map x -> x weight^T, weight [outputs, inputs].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Linear {
    /// Rows of x.
    pub rows: usize,
    /// Columns of x.
    pub inputs: usize,
    /// Columns of the result.
    pub outputs: usize,
}

/// The rows that a linear map is applied to: row r starts at r * stride.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearInput<'a, T> {
    /// The elements.
    pub values: &'a [T],
    /// Elements from one row to the next, at least the inputs.
    pub stride: usize,
}

/// What is added to each result of a linear map.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LinearEpilogue<'a, T> {
    /// [outputs], or [groups, outputs] with as many rows to each group.
    pub bias: Option<&'a [T]>,
    /// Rows that share a bias.
    pub rows_per_bias: usize,
    /// [rows, outputs].
    pub residual: Option<&'a [T]>,
}

/// Rows up to which dot products are worth their sums over lanes, since nothing has to be packed.
const ROWS_OF_DOTS: usize = 16;

/// Rows up to which reading a row-major weight as it is costs less than packing it.
const ROWS_UNPACKED: usize = 128;

impl Linear {
    /// `out` [rows, outputs] = x weight^T + bias + residual.
    ///
    /// # Panics
    /// If a slice has not the size that its shape says.
    pub fn forward<T: Element>(
        self,
        x: LinearInput<'_, T>,
        weight: &[T],
        epilogue: LinearEpilogue<'_, T>,
        out: &mut [T],
    ) {
        assert_eq!(weight.len(), self.inputs * self.outputs, "weight [outputs, inputs]");
        assert_eq!(out.len(), self.rows * self.outputs, "out [rows, outputs]");
        if self.rows > ROWS_OF_DOTS && self.rows <= self.outputs / 2 {
            self.forward_transposed(x, weight, epilogue, out);
            return;
        }
        let rows = lines_of_rows(1, self.rows, |_, r| Row {
            from: r * x.stride,
            to: r * self.outputs,
            shared: r / epilogue.rows_per_bias * self.outputs,
        });
        let product = Product {
            left: x.values,
            rows: &rows,
            segments: &[0],
            length: self.inputs,
            columns: self.outputs,
            addend: epilogue.bias,
            residual: epilogue.residual,
            output: Disjoint::new(out),
        };
        if self.rows <= ROWS_OF_DOTS {
            product.with_transposed(weight);
        } else {
            let packed = pack(rows_as_columns(weight, self.outputs, self.inputs, self.inputs));
            product.with_panels(Panels::packed(&packed, self.inputs));
        }
    }

    /// The same as out^T = weight x^T: x is packed, which is the smaller operand.
    fn forward_transposed<T: Element>(
        self,
        x: LinearInput<'_, T>,
        weight: &[T],
        epilogue: LinearEpilogue<'_, T>,
        out: &mut [T],
    ) {
        let filters = lines_of_rows(1, self.outputs, |_, filter| Row {
            from: filter * self.inputs,
            to: filter * self.rows,
            shared: 0,
        });
        let packed = pack(rows_as_columns(x.values, self.rows, x.stride, self.inputs));
        let mut sums = Buffer::stale(self.outputs * self.rows);
        Product {
            left: weight,
            rows: &filters,
            segments: &[0],
            length: self.inputs,
            columns: self.rows,
            addend: None,
            residual: None,
            output: Disjoint::new(&mut sums),
        }
        .with_panels(Panels::packed(&packed, self.inputs));
        chunks(out, self.outputs, self.outputs * 4, |row, out| {
            for (out, &sum) in out.iter_mut().zip(sums[row..].iter().step_by(self.rows)) {
                *out = sum;
            }
            if let Some(bias) = epilogue.bias {
                add(out, &bias[row / epilogue.rows_per_bias * self.outputs..]);
            }
            if let Some(residual) = epilogue.residual {
                add(out, &residual[row * self.outputs..]);
            }
        });
    }

    /// `out` [rows, inputs] = dy [rows, outputs] weight.
    ///
    /// # Panics
    /// If a slice has not the size that its shape says.
    pub fn input_gradient<T: Element>(self, dy: &[T], weight: &[T], out: &mut [T]) {
        assert_eq!(weight.len(), self.inputs * self.outputs, "weight [outputs, inputs]");
        assert_eq!(dy.len(), self.rows * self.outputs, "dy [rows, outputs]");
        assert_eq!(out.len(), self.rows * self.inputs, "out [rows, inputs]");
        let rows = lines_of_rows(1, self.rows, |_, r| Row {
            from: r * self.outputs,
            to: r * self.inputs,
            shared: 0,
        });
        let product = Product {
            left: dy,
            rows: &rows,
            segments: &[0],
            length: self.outputs,
            columns: self.inputs,
            addend: None,
            residual: None,
            output: Disjoint::new(out),
        };
        if self.rows <= ROWS_UNPACKED && self.inputs.is_multiple_of(PANEL) {
            product.with_panels(Panels::unpacked(weight, self.inputs));
        } else {
            let packed = pack(PanelSource {
                values: weight,
                taps: &[0],
                inner: self.outputs,
                inner_stride: self.inputs,
                columns: self.inputs,
                column_stride: 1,
            });
            product.with_panels(Panels::packed(&packed, self.outputs));
        }
    }
}

/// A row-major matrix of `count` rows whose rows become the columns of a right operand.
fn rows_as_columns<T>(values: &[T], count: usize, stride: usize, len: usize) -> PanelSource<'_, T> {
    PanelSource {
        values,
        taps: &[0],
        inner: len,
        inner_stride: 1,
        columns: count,
        column_stride: stride,
    }
}

/// sums += addends.
fn add<T: Element>(sums: &mut [T], addends: &[T]) {
    for (sum, &addend) in sums.iter_mut().zip(addends) {
        *sum += addend;
    }
}
