use std::sync::Arc;

use candle_core::DType;

use crate::buffer::Buffer;
use crate::element::Element;
use crate::error::argument;
use crate::parallel::chunks;
use crate::tape::{Applied, Data, Nodes, Record};
use crate::{Result, Value};

/// `x` in `dtype`, rounded to the nearest number; its gradient is cast back. F32 and F64 on the CPU,
/// F32, BF16 and F16 on a GPU.
pub fn cast(x: &Value, dtype: DType) -> Result<Value> {
    if x.dtype() == dtype {
        return Ok(x.clone());
    }
    let data = x.data().cast(dtype)?;
    let back = |input| Box::new(Cast { input, dtype: x.dtype() });
    let record = |input| x.tape().record(|output| Record { output, operation: back(input) });
    let node = x.node().map(record).transpose()?;
    Ok(Value::new(x.tape(), x.shape().clone(), data, node))
}

/// A cast after its forward pass. No `Kernel`: those have one dtype.
struct Cast {
    /// The node of the argument, and its dtype.
    input: usize,
    dtype: DType,
}

impl Applied for Cast {
    fn backward(&self, gradient: Data, nodes: &mut Nodes) -> Result<()> {
        nodes.add(self.input, gradient.cast(self.dtype)?)
    }
}

impl Data {
    /// The elements in `dtype`, another one than theirs.
    fn cast(&self, dtype: DType) -> Result<Self> {
        #[cfg(feature = "cuda")]
        if self.is_on_device() {
            let (context, elements) = (crate::cuda::context_of(self)?, self.on_device());
            let view = elements.view()?;
            crate::cuda::check_count("cast", view.len)?;
            let array = crate::cuda::cast(&context, view, dtype)?;
            return Ok(Self::Cuda(Arc::new(array)));
        }
        match dtype {
            DType::F32 => converted::<f64, f32>(self),
            DType::F64 => converted::<f32, f64>(self),
            _ => {
                let expected = "dtype F32 or F64, or x on a GPU";
                Err(argument("cast", expected, format!("dtype {dtype:?} on the CPU")))
            }
        }
    }
}

fn converted<From: Element, To: Element>(data: &Data) -> Result<Data> {
    const CHUNK: usize = 1 << 13;
    let elements = data.read::<From>();
    let x = elements.slice()?;
    let mut out = Buffer::stale(x.len());
    chunks(&mut out, CHUNK, CHUNK, |i, out| {
        let from = &x[i * CHUNK..];
        out.iter_mut().zip(from).for_each(|(out, x)| *out = To::from_f64(x.to_f64()));
    });
    Ok(To::data(Arc::new(out)))
}
