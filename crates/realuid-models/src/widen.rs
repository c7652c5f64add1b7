use candle_core::Tensor;
use realuid_ops::Parameters;

use crate::{Error, NetworkConfig, NetworkOptions, Result};

/// The `parameters` of the network `narrow` for `wide`, the same network with inputs added: the
/// source end, noise channels, or both.
///
/// The columns of the first layer that answer to the added inputs are zero, so the wide network is at
/// first the narrow one whatever the added inputs are, and learns to use them: a generator G(x_T, z)
/// starts so from a teacher that knows no z (arXiv 2502.01362). The result shares nothing with
/// `parameters`.
///
/// Fails unless the parameters are those of `narrow`, and `wide` differs from it in added inputs
/// alone.
pub fn widen_parameters(
    narrow: &NetworkConfig,
    parameters: &Parameters,
    wide: &NetworkConfig,
) -> Result<Parameters> {
    narrow.build_frozen(parameters)?;
    check(narrow, wide)?;
    let name = narrow.input_weight();
    let mut tensors = parameters.tensors();
    if let Some(weight) = tensors.remove(name) {
        tensors.insert(name.to_owned(), with_zero_columns(&weight, narrow, wide)?);
    }
    Ok(Parameters::from_tensors(&tensors)?)
}

fn check(narrow: &NetworkConfig, wide: &NetworkConfig) -> Result<()> {
    let (from, to) = (narrow.options(), wide.options());
    let inputs_of_wide = NetworkOptions {
        source_condition: to.source_condition,
        noise_channels: to.noise_channels,
        ..from
    };
    let same = narrow.clone().with_options(inputs_of_wide) == *wide;
    let added =
        to.source_condition >= from.source_condition && to.noise_channels >= from.noise_channels;
    if same && added {
        return Ok(());
    }
    Err(Error::Argument {
        operation: "widening a network's parameters",
        expected:
            "the same network with inputs added: `source_condition`, or more `noise_channels`"
                .into(),
        found: format!("{narrow:?} and {wide:?}"),
    })
}

/// `weight` [O, columns, ..] with each block of columns (sample, source end, noise) followed by the
/// zeros that it lacks.
fn with_zero_columns(
    weight: &Tensor,
    narrow: &NetworkConfig,
    wide: &NetworkConfig,
) -> Result<Tensor> {
    let channels = narrow.data_shape()[0];
    let blocks = narrow.options().input_blocks(channels);
    // A perceptron has a column for every value, a convolution one for every channel.
    let per_channel = weight.dim(1)? / blocks.iter().sum::<usize>();
    let (mut parts, mut start) = (Vec::new(), 0);
    for (old, new) in blocks.into_iter().zip(wide.options().input_blocks(channels)) {
        let (old, new) = (old * per_channel, new * per_channel);
        parts.push(weight.narrow(1, start, old)?);
        // On a GPU there are no tensors without elements.
        if new > old {
            let mut zeros = weight.dims().to_vec();
            zeros[1] = new - old;
            parts.push(Tensor::zeros(zeros, weight.dtype(), weight.device())?);
        }
        start += old;
    }
    parts.retain(|part| part.elem_count() > 0);
    Ok(Tensor::cat(&parts, 1)?)
}
