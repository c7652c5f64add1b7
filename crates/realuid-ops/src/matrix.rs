//! Matrix products over slices: the safe face of the `gemm` crate.

use gemm::Parallelism;

use crate::element::Element;

/// A matrix in a slice, element (i, j) at `i * row_stride + j * column_stride`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// The row-major matrix that fills `data`.
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns, "a matrix fills its slice");
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Its transpose, without moving data.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }
}

/// Where a product runs.
#[derive(Clone, Copy)]
pub(crate) enum Threads {
    /// On this thread: the caller is already one of many tasks.
    One,
    /// On all threads of the pool.
    All,
}

/// out = lhs rhs, row-major.
pub(crate) fn product<T: Element>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    threads: Threads,
) {
    multiply(out, T::zero(), lhs, rhs, threads);
}

/// out += lhs rhs, row-major.
pub(crate) fn add_product<T: Element>(
    out: &mut [T],
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    threads: Threads,
) {
    multiply(out, T::one(), lhs, rhs, threads);
}

fn multiply<T: Element>(
    out: &mut [T],
    keep: T,
    lhs: Matrix<'_, T>,
    rhs: Matrix<'_, T>,
    threads: Threads,
) {
    let (m, n, k) = (lhs.rows, rhs.columns, lhs.columns);
    assert_eq!(k, rhs.rows, "inner sizes of a product");
    assert_eq!(out.len(), m * n, "size of a product");
    let threads = match threads {
        Threads::One => Parallelism::None,
        Threads::All => Parallelism::Rayon(0),
    };
    // SAFETY: every index the product touches is below rows * columns of its matrix, with strides
    // (columns, 1) or (1, rows): `Matrix::new` and the assertions above hold all three slices to
    // exactly that many elements. `out` is borrowed mutably, so it overlaps neither operand.
    #[allow(unsafe_code)]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            keep != T::zero(),
            lhs.data.as_ptr(),
            lhs.column_stride as isize,
            lhs.row_stride as isize,
            rhs.data.as_ptr(),
            rhs.column_stride as isize,
            rhs.row_stride as isize,
            keep,
            T::one(),
            false,
            false,
            false,
            threads,
        );
    }
}
