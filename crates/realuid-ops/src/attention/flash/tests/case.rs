use crate::attention::flash::backward::Task as BackwardTask;
use crate::attention::flash::forward::Task as ForwardTask;
use crate::attention::flash::{
    Gradients, Heads, HeadsMut, Inputs, Layout, Saved, Sizes, backward, forward,
};
use crate::element::Element;

/// Attention and its gradients, computed in one way or another.
#[derive(Debug, PartialEq)]
pub struct Results {
    /// [batch, queries, heads, value width]
    pub out: Vec<f64>,
    /// [batch, heads, queries]
    pub log_sum_exp: Vec<f64>,
    /// Of q, k and v, each with columns of its own in [batch, rows, heads, width].
    pub gradients: [Vec<f64>; 3],
}

/// A problem: q, k, v and the gradient of the output, each [batch, rows, heads, width].
pub struct Case {
    pub sizes: Sizes,
    inputs: [Vec<f64>; 3],
    gradient: Vec<f64>,
}

impl Case {
    /// Random numbers, q and k of [-amplitude, amplitude).
    pub fn new(sizes: Sizes, amplitude: f64) -> Self {
        let count = |[batch, heads, rows, width]: [usize; 4]| batch * heads * rows * width;
        let scaled = |x: Vec<f64>| x.into_iter().map(|x| x * amplitude).collect();
        let query = scaled(numbers(count(sizes.of_query()), 1));
        let key = scaled(numbers(count(sizes.of_key()), 2));
        let value = numbers(count(sizes.of_value()), 3);
        let gradient = numbers(count(sizes.of_output()), 4);
        Self { sizes, inputs: [query, key, value], gradient }
    }

    /// Computes the tasks of both passes one after another, each by the given function.
    pub fn computed<T: Element>(
        &self,
        on_forward: impl Fn(ForwardTask<'_, T>),
        on_backward: impl Fn(BackwardTask<'_, T>),
    ) -> Results {
        self.with(
            |inputs, out, logs| {
                forward::tasks(inputs, self.sizes, out, logs).into_iter().for_each(&on_forward);
            },
            |saved, gradients| {
                backward::tasks(saved, self.sizes, gradients).into_iter().for_each(&on_backward);
            },
        )
    }

    /// Computes both passes by the public functions.
    pub fn computed_in_parallel<T: Element>(&self) -> Results {
        self.with::<T>(
            |inputs, out, logs| forward::forward(inputs, self.sizes, out, logs),
            |saved, gradients| backward::backward(saved, self.sizes, gradients),
        )
    }

    fn with<T: Element>(
        &self,
        forward: impl FnOnce(Inputs<'_, T>, HeadsMut<'_, T>, &mut [T]),
        backward: impl FnOnce(Saved<'_, T>, Gradients<'_, T>),
    ) -> Results {
        let sizes = self.sizes;
        let [q, k, v] = self.inputs.each_ref().map(|x| cast::<T>(x));
        let d_out = cast::<T>(&self.gradient);
        let shapes = [sizes.of_query(), sizes.of_key(), sizes.of_value()];
        let mut out = vec![T::from_f64(7.0); d_out.len()];
        let mut log_sum_exp = vec![T::zero(); sizes.batch * sizes.heads * sizes.queries];
        let mut gradients = self.inputs.each_ref().map(|x| vec![T::from_f64(7.0); x.len()]);
        let inputs = Inputs {
            query: Heads::new(&q, rows(shapes[0])),
            key: Heads::new(&k, rows(shapes[1])),
            value: Heads::new(&v, rows(shapes[2])),
        };
        let of_out = sizes.of_output();
        forward(inputs, HeadsMut::new(&mut out, rows(of_out), of_out), &mut log_sum_exp);
        let saved = Saved {
            inputs,
            out: Heads::new(&out, rows(of_out)),
            log_sum_exp: &log_sum_exp,
            gradient: Heads::new(&d_out, rows(of_out)),
        };
        let [for_q, for_k, for_v] = &mut gradients;
        let to = Gradients {
            query: Some(HeadsMut::new(for_q, rows(shapes[0]), shapes[0])),
            key: Some(HeadsMut::new(for_k, rows(shapes[1]), shapes[1])),
            value: Some(HeadsMut::new(for_v, rows(shapes[2]), shapes[2])),
        };
        backward(saved, to);
        Results {
            out: to_f64(&out),
            log_sum_exp: to_f64(&log_sum_exp),
            gradients: gradients.map(|x| to_f64(&x)),
        }
    }

    /// The definition, row by row in f64.
    pub fn naive(&self) -> Results {
        let mut results = Results {
            out: vec![0.0; self.gradient.len()],
            log_sum_exp: Vec::new(),
            gradients: self.inputs.each_ref().map(|x| vec![0.0; x.len()]),
        };
        let Sizes { batch, heads, queries, .. } = self.sizes;
        for item in 0..batch {
            for head in 0..heads {
                for query in 0..queries {
                    self.naive_row([item, head, query], &mut results);
                }
            }
        }
        results
    }

    fn naive_row(&self, [item, head, query]: [usize; 3], results: &mut Results) {
        let Sizes { heads, queries, keys, width, value_width, scale, .. } = self.sizes;
        let [q, k, v] = &self.inputs;
        let q_at = ((item * queries + query) * heads + head) * width;
        let k_at = |key: usize| ((item * keys + key) * heads + head) * width;
        let v_at = |key: usize| ((item * keys + key) * heads + head) * value_width;
        let out_at = ((item * queries + query) * heads + head) * value_width;
        let g = &self.gradient[out_at..][..value_width];
        let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(x, y)| x * y).sum() };
        let q = &q[q_at..][..width];
        let scores: Vec<f64> =
            (0..keys).map(|key| scale * dot(q, &k[k_at(key)..][..width])).collect();
        let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = scores.iter().map(|s| (s - largest).exp()).sum();
        results.log_sum_exp.push(largest + total.ln());
        let p: Vec<f64> = scores.iter().map(|s| (s - largest).exp() / total).collect();
        let d_p: Vec<f64> = (0..keys).map(|key| dot(g, &v[v_at(key)..][..value_width])).collect();
        let mean = dot(&p, &d_p);
        let [for_q, for_k, for_v] = &mut results.gradients;
        for key in 0..keys {
            for i in 0..value_width {
                results.out[out_at + i] += p[key] * v[v_at(key) + i];
                for_v[v_at(key) + i] += p[key] * g[i];
            }
            let d_score = scale * p[key] * (d_p[key] - mean);
            for i in 0..width {
                for_q[q_at + i] += d_score * k[k_at(key) + i];
                for_k[k_at(key) + i] += d_score * q[i];
            }
        }
    }
}

/// The contiguous tensor [batch, rows, heads, width] of a [batch, heads, rows, width].
fn rows([_, heads, rows, width]: [usize; 4]) -> Layout {
    Layout::channels_last(rows, heads * width, 0, width)
}

/// `count` numbers of [-1, 1) that f32 can hold, the same for the same seed.
pub fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from((state >> 40) as f32 / (1_u32 << 23) as f32 - 1.0)
    };
    (0..count).map(|_| next()).collect()
}

pub fn cast<T: Element>(x: &[f64]) -> Vec<T> {
    x.iter().map(|x| T::from_f64(*x)).collect()
}

fn to_f64<T: Element>(x: &[T]) -> Vec<f64> {
    x.iter().map(|x| x.to_f64()).collect()
}
