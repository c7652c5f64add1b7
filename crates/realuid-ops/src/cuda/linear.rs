//! Linear maps: one product by cuBLAS each, and what is added to it by one kernel.
#![allow(unsafe_code)]

use std::sync::Arc;

use candle_core::DType;

use super::cast::cast;
use super::cublas::{Factor, Product};
use super::linear_sums::column_sums;
use super::{Array, Context, CudaBackward, CudaKernel, Launch, View};
use crate::Result;
use crate::linear::Linear;

impl CudaKernel<4> for Linear {
    const PARAMETERS: [bool; 4] = [false, true, true, false];
    /// The weight in the dtype of the activations, if it has another.
    type Kept = Option<Array>;

    fn cuda_forward(
        &self,
        context: &Arc<Context>,
        [x, weight, bias, residual]: [Option<View<'_>>; 4],
    ) -> Result<(Array, Option<Array>)> {
        let (Some(x), Some(weight)) = (x, weight) else {
            unreachable!("a linear map has an argument and a weight")
        };
        let cast = (weight.dtype != x.dtype).then(|| cast(context, weight, x.dtype)).transpose()?;
        let weight = cast.as_ref().map_or(weight, Array::view);
        let product = Product {
            left: Factor::AsStored(x),
            right: Factor::Transposed(weight),
            rows: self.sizes.rows,
            inner: self.sizes.inputs,
            columns: self.sizes.outputs,
        };
        let out = product.compute(context, x.dtype)?;
        if bias.is_some() || residual.is_some() {
            add(&out, bias, residual, self.sizes.outputs)?;
        }
        Ok((out, cast))
    }

    fn cuda_backward(
        &self,
        context: &Arc<Context>,
        pass: CudaBackward<'_, Option<Array>, 4>,
    ) -> Result<[Option<Arc<Array>>; 4]> {
        let gradient = pass.gradient.view();
        let [for_x, for_weight, for_bias, for_residual] = pass.wanted;
        let weight = pass.kept.as_ref().map(Array::view).or(pass.inputs[1]);
        let for_x = for_x.then(|| {
            let weight = weight.expect("linear maps keep their weight");
            self.input_gradient(context, gradient, weight)
        });
        let for_weight = for_weight.then(|| {
            let x = pass.inputs[0].expect("linear maps keep their argument");
            self.weight_gradient(context, [gradient, x], pass.dtypes[1].unwrap_or(x.dtype))
        });
        let for_bias = for_bias.then(|| {
            let sums = column_sums(context, gradient, self.sizes.outputs)?;
            match pass.dtypes[2] {
                Some(dtype) if dtype != DType::F32 => cast(context, sums.view(), dtype),
                _ => Ok(sums),
            }
        });
        let owned = |array: Option<Result<Array>>| array.transpose().map(|a| a.map(Arc::new));
        let for_residual = for_residual.then_some(pass.gradient.clone());
        Ok([owned(for_x)?, owned(for_weight)?, owned(for_bias)?, for_residual])
    }
}

impl Linear {
    /// gradient [rows, outputs] times weight [outputs, inputs].
    fn input_gradient(
        &self,
        context: &Arc<Context>,
        gradient: View<'_>,
        weight: View<'_>,
    ) -> Result<Array> {
        let product = Product {
            left: Factor::AsStored(gradient),
            right: Factor::AsStored(weight),
            rows: self.sizes.rows,
            inner: self.sizes.outputs,
            columns: self.sizes.inputs,
        };
        product.compute(context, gradient.dtype)
    }

    /// The transpose of the gradient [rows, outputs] times x [rows, inputs], of `dtype`.
    fn weight_gradient(
        &self,
        context: &Arc<Context>,
        [gradient, x]: [View<'_>; 2],
        dtype: DType,
    ) -> Result<Array> {
        let product = Product {
            left: Factor::Transposed(gradient),
            right: Factor::AsStored(x),
            rows: self.sizes.outputs,
            inner: self.sizes.rows,
            columns: self.sizes.inputs,
        };
        product.compute(context, dtype)
    }
}

/// out [rows, columns] += bias [columns] + residual [rows, columns].
fn add(
    out: &Array,
    bias: Option<View<'_>>,
    residual: Option<View<'_>>,
    columns: usize,
) -> Result<()> {
    let name = match bias {
        Some(bias) if bias.dtype != out.dtype() => "linear_epilogue_f32_bias",
        _ => "linear_epilogue",
    };
    let arguments = [out.into(), bias.into(), residual.into(), out.len().into(), columns.into()];
    let launch = Launch::elements(out.len().div_ceil(4));
    let module = "linear_epilogue";
    // SAFETY: both kernels take the result, the terms or null, the result's length and its columns;
    // one a bias of the result's type, the other one of f32.
    unsafe { out.context().launch([module, name], out.dtype(), launch, &arguments) }
}
