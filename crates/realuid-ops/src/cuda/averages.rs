#![allow(unsafe_code)]

use super::Context;
use super::lent::Lent;
use super::tensor_table::TensorTable;
use crate::ema::Decay;
use crate::{Parameters, Result};

/// Moves `averages`, given with their decays, towards `parameters`; all on one GPU.
pub(crate) fn move_averages(averages: &[(f64, Parameters)], parameters: &Parameters) -> Result<()> {
    let context = Context::of(parameters.device().as_cuda_device()?);
    let towards = Lent::parameters(parameters);
    for (decay, average) in averages {
        let Decay::<f32> { decay, rest } = Decay::new(*decay);
        let average = Lent::parameters(average);
        let table = TensorTable::new(&context, &[average.views()?, towards.views()?], &[])?;
        let names = ["arithmetic_of_tensors", "average_tensors"];
        // SAFETY: `average_tensors` changes the first role, reads the second, and takes two weights.
        unsafe { table.launch(names, &[decay.into(), rest.into()])? };
    }
    Ok(())
}
