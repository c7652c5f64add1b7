use std::sync::Arc;

use candle_core::Shape;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::tape::{Backward, Kernel, apply};
use crate::{Result, Value};

/// `x` [.., C] and `y` [.., D] side by side -> [.., C + D]: the channels of a skip connection behind
/// those of the features (Ronneberger et al. 2015).
pub fn concat(x: &Value, y: &Value) -> Result<Value> {
    let mismatch = || {
        let found = format!("{:?} and {:?}", x.dims(), y.dims());
        argument("concat", "non-empty [.., C] and [.., D] that differ in the last axis only", found)
    };
    let (Some((first, rows)), Some((second, others))) =
        (x.dims().split_last(), y.dims().split_last())
    else {
        return Err(mismatch());
    };
    if rows != others || x.elem_count() == 0 || y.elem_count() == 0 {
        return Err(mismatch());
    }
    let dims = [rows, &[first + second]].concat();
    apply(Concat { columns: [*first, *second], shape: dims.into() }, [Some(x), Some(y)])
}

pub(crate) struct Concat {
    pub columns: [usize; 2],
    shape: Shape,
}

impl Concat {
    /// Rows per task.
    const ROWS: usize = 64;

    pub fn width(&self) -> usize {
        self.columns[0] + self.columns[1]
    }

    /// The columns of the gradient that belong to one of the two.
    fn part<T: Element>(&self, gradient: &[T], part: usize) -> Arc<Buffer<T>> {
        let (columns, start) = (self.columns[part], [0, self.columns[0]][part]);
        let mut out = Buffer::stale(gradient.len() / self.width() * columns);
        let size = Self::ROWS * columns;
        chunks(&mut out, size, size, |task, out| {
            let rows = gradient[task * Self::ROWS * self.width()..].chunks_exact(self.width());
            for (out, row) in out.chunks_exact_mut(columns).zip(rows) {
                out.copy_from_slice(&row[start..start + columns]);
            }
        });
        Arc::new(out)
    }
}

impl Kernel<2> for Concat {
    const NAME: &'static str = "concat";
    const KEEPS: [bool; 2] = [false; 2];

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, [x, y]: [&[T]; 2], out: &mut [T]) {
        let (size, [first, second]) = (Self::ROWS * self.width(), self.columns);
        chunks(out, size, size, |task, out| {
            let x = x[task * Self::ROWS * first..].chunks_exact(first);
            let y = y[task * Self::ROWS * second..].chunks_exact(second);
            for (out, (x, y)) in out.chunks_exact_mut(first + second).zip(x.zip(y)) {
                let (left, right) = out.split_at_mut(first);
                left.copy_from_slice(x);
                right.copy_from_slice(y);
            }
        });
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 2>) -> [Option<Arc<Buffer<T>>>; 2] {
        [0, 1].map(|part| pass.wanted[part].then(|| self.part(&pass.gradient, part)))
    }
}
