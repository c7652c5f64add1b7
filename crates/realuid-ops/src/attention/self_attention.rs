use std::sync::{Arc, OnceLock};

use candle_core::Shape;

use super::flash::{self, Gradients, Heads, HeadsMut, Inputs, Layout, Saved, Sizes};
use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::tape::{Backward, Data, Kernel, apply};
use crate::{Result, Value};

/// How the columns of a projection to queries, keys and values are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadOrder {
    /// Head by head: each head's queries, keys, values.
    HeadsFirst,
    /// All queries, all keys, all values, each head by head.
    QueriesFirst,
}

/// softmax(q k^T / sqrt(D)) v for every head (Vaswani et al. 2017): `qkv` [B, T, 3C] holds queries,
/// keys and values of `heads` heads of width D = C / heads -> [B, T, C], head by head.
///
/// The T x T probabilities are never stored, in neither pass (Dao et al. 2022).
pub fn self_attention(qkv: &Value, heads: usize, order: HeadOrder) -> Result<Value> {
    let refuse = || {
        let expected = format!("a non-empty qkv [B, T, 3C], C divisible by {heads} heads");
        argument("self_attention", expected, format!("{:?}", qkv.dims()))
    };
    let &[batch, rows, columns] = qkv.dims() else { return Err(refuse()) };
    if heads == 0 || qkv.elem_count() == 0 || columns % (3 * heads) != 0 {
        return Err(refuse());
    }
    let width = columns / (3 * heads);
    let sizes = Sizes {
        batch,
        heads,
        queries: rows,
        keys: rows,
        width,
        value_width: width,
        scale: (width as f64).sqrt().recip(),
    };
    apply(SelfAttention { sizes, order, log_sum_exp: OnceLock::new() }, [Some(qkv)])
}

pub(crate) struct SelfAttention {
    sizes: Sizes,
    order: HeadOrder,
    /// Logarithms of the sums of every row of exponentials, [B, heads, T].
    log_sum_exp: OnceLock<Data>,
}

impl SelfAttention {
    fn channels(&self) -> usize {
        self.sizes.heads * self.sizes.width
    }

    /// In the projection: from a head's queries to its keys, and from its keys to its values; and
    /// from a head's queries to those of the next head.
    pub fn strides(&self) -> [usize; 2] {
        let Sizes { heads, width, .. } = self.sizes;
        match self.order {
            HeadOrder::HeadsFirst => [width, 3 * width],
            HeadOrder::QueriesFirst => [heads * width, width],
        }
    }

    /// Where queries, keys and values lie in the projection.
    fn parts(&self) -> [Layout; 3] {
        let Sizes { queries, .. } = self.sizes;
        let [part, head] = self.strides();
        [0, 1, 2].map(|i| Layout::channels_last(queries, 3 * self.channels(), i * part, head))
    }

    fn inputs<'a, T>(&self, qkv: &'a [T]) -> Inputs<'a, T> {
        let [query, key, value] = self.parts().map(|layout| Heads::new(qkv, layout));
        Inputs { query, key, value }
    }

    /// Where the heads lie in the result.
    fn result(&self) -> Layout {
        Layout::channels_last(self.sizes.queries, self.channels(), 0, self.sizes.width)
    }

    /// [batch, heads, rows, width], the same for all of them.
    pub fn shape(&self) -> [usize; 4] {
        [self.sizes.batch, self.sizes.heads, self.sizes.queries, self.sizes.width]
    }

    /// Factor of the scores.
    #[cfg(feature = "cuda")]
    pub fn scale(&self) -> f64 {
        self.sizes.scale
    }
}

impl Kernel<1> for SelfAttention {
    const NAME: &'static str = "self_attention";
    const KEEPS: [bool; 1] = [true];
    const KEEPS_OUTPUT: bool = true;

    fn output(&self) -> Shape {
        (self.sizes.batch, self.sizes.queries, self.channels()).into()
    }

    fn forward<T: Element>(&self, [qkv]: [&[T]; 1], out: &mut [T]) {
        let Sizes { batch, heads, queries, .. } = self.sizes;
        let mut log_sum_exp = Buffer::stale(batch * heads * queries);
        let out = HeadsMut::new(out, self.result(), self.shape());
        flash::forward(self.inputs(qkv), self.sizes, out, &mut log_sum_exp);
        self.log_sum_exp.get_or_init(|| T::data(Arc::new(log_sum_exp)));
    }

    fn backward<T: Element>(&self, pass: Backward<'_, T, 1>) -> [Option<Arc<Buffer<T>>>; 1] {
        let saved = self.log_sum_exp.get().expect("the forward pass came first");
        let log_sum_exp = T::buffer(saved).expect("both passes are of one dtype");
        let mut gradient = Buffer::stale(pass.inputs[0].len());
        let views = self.parts().map(|layout| (layout, self.shape()));
        let [query, key, value] = HeadsMut::of_one(&mut gradient, views).map(Some);
        let saved = Saved {
            inputs: self.inputs(pass.inputs[0]),
            out: Heads::new(pass.output, self.result()),
            log_sum_exp,
            gradient: Heads::new(&pass.gradient, self.result()),
        };
        flash::backward(saved, self.sizes, Gradients { query, key, value });
        [Some(Arc::new(gradient))]
    }
}
