use candle_core::{Shape, Tensor};

use crate::Result;
use crate::element::Element;
use crate::error::argument;
use crate::kernel::{Backward, Kernel, apply3};
use crate::matrix::{Matrix, Threads, product};
use crate::parallel::chunks;
use crate::softmax::{softmax_row, softmax_row_backward};

/// softmax(scale * q k^T) v over `q` [B, H, T, D], `k` [B, H, S, D], `v` [B, H, S, E] -> [B, H, T, E]
/// (Vaswani et al. 2017). The backward pass recomputes the probabilities instead of keeping them.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64) -> Result<Tensor> {
    let found = || format!("q {:?}, k {:?}, v {:?}", q.dims(), k.dims(), v.dims());
    let expected = "non-empty q [B, H, T, D], k [B, H, S, D], v [B, H, S, E]";
    let (Ok((b, h, t, d)), Ok(of_k), Ok((vb, vh, s, e))) = (q.dims4(), k.dims4(), v.dims4()) else {
        return Err(argument("attention", expected, found()));
    };
    let empty = [q, k, v].iter().any(|x| x.elem_count() == 0);
    if of_k != (b, h, s, d) || (vb, vh) != (b, h) || empty {
        return Err(argument("attention", expected, found()));
    }
    let kernel = Attention { shape: (b, h, t, e).into(), heads: b * h, t, s, d, e, scale };
    apply3(kernel, [q, k, v])
}

/// Sizes of one attention; `heads` counts over the batch.
struct Attention {
    shape: Shape,
    heads: usize,
    t: usize,
    s: usize,
    d: usize,
    e: usize,
    scale: f64,
}

impl Attention {
    /// Arithmetic of one product per head, to decide how many heads make a task.
    fn cost(&self) -> usize {
        self.t * self.s * (self.d + self.e) / 8
    }

    fn probabilities<T: Element>(&self, q: Matrix<'_, T>, k: Matrix<'_, T>) -> Vec<T> {
        let scale = T::from_f64(self.scale);
        let mut p = vec![T::zero(); self.t * self.s];
        product(&mut p, q, k.transposed(), Threads::One);
        for row in p.chunks_exact_mut(self.s) {
            for x in row.iter_mut() {
                *x *= scale;
            }
            softmax_row(row);
        }
        p
    }

    /// Writes the gradients of one head into `out`: q's, k's and v's, one after another.
    fn head_gradients<T: Element>(
        &self,
        [q, k, v]: [Matrix<'_, T>; 3],
        gradient: Matrix<'_, T>,
        wanted: [bool; 3],
        out: &mut [T],
    ) {
        let (t, s) = (self.t, self.s);
        let (for_q, rest) = out.split_at_mut(t * self.d);
        let (for_k, for_v) = rest.split_at_mut(s * self.d);
        let p = self.probabilities(q, k);
        if wanted[2] {
            product(for_v, Matrix::new(&p, t, s).transposed(), gradient, Threads::One);
        }
        if !wanted[0] && !wanted[1] {
            return;
        }
        let scale = T::from_f64(self.scale);
        let mut scores = vec![T::zero(); t * s];
        product(&mut scores, gradient, v.transposed(), Threads::One);
        for (p, g) in p.chunks_exact(s).zip(scores.chunks_exact_mut(s)) {
            softmax_row_backward(p, g);
            for x in g.iter_mut() {
                *x *= scale;
            }
        }
        let scores = Matrix::new(&scores, t, s);
        if wanted[0] {
            product(for_q, scores, k, Threads::One);
        }
        if wanted[1] {
            product(for_k, scores.transposed(), q, Threads::One);
        }
    }

    /// The matrices of one head.
    fn head<'a, T>(&self, [q, k, v]: [&'a [T]; 3], head: usize) -> [Matrix<'a, T>; 3] {
        let part = |x: &'a [T], rows: usize, columns: usize| {
            Matrix::new(&x[head * rows * columns..][..rows * columns], rows, columns)
        };
        [part(q, self.t, self.d), part(k, self.s, self.d), part(v, self.s, self.e)]
    }
}

impl Kernel<3> for Attention {
    const NAME: &'static str = "attention";

    fn output(&self) -> Shape {
        self.shape.clone()
    }

    fn forward<T: Element>(&self, inputs: [&[T]; 3]) -> Vec<T> {
        let size = self.t * self.e;
        let mut out = vec![T::zero(); self.heads * size];
        chunks(&mut out, size, self.cost(), |head, out| {
            let [q, k, v] = self.head(inputs, head);
            let p = self.probabilities(q, k);
            product(out, Matrix::new(&p, self.t, self.s), v, Threads::One);
        });
        out
    }

    fn backward<T: Element>(&self, pass: &Backward<'_, T, 3>) -> [Option<Vec<T>>; 3] {
        let sizes = [self.t * self.d, self.s * self.d, self.s * self.e];
        let per_head: usize = sizes.iter().sum();
        let mut all = vec![T::zero(); self.heads * per_head];
        let rows = self.t * self.e;
        chunks(&mut all, per_head, self.cost() * 3, |head, out| {
            let inputs = self.head(pass.inputs, head);
            let gradient = Matrix::new(&pass.gradient[head * rows..][..rows], self.t, self.e);
            self.head_gradients(inputs, gradient, pass.wanted, out);
        });
        let starts = [0, sizes[0], sizes[0] + sizes[1]];
        std::array::from_fn(|i| {
            pass.wanted[i].then(|| {
                let part = |head: &[T]| head[starts[i]..starts[i] + sizes[i]].to_vec();
                all.chunks_exact(per_head).flat_map(part).collect()
            })
        })
    }
}
