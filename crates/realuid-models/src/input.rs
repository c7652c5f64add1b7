use candle_core::Tensor;

use crate::{Condition, Error, NetworkOptions, Result};

const DOING: &str = "forward pass of a network";

/// Refuses a sample or time that does not fit the network; returns `t` in the dtype of `x`.
pub(crate) fn check_input(x: &Tensor, t: &Tensor, data_shape: &[usize]) -> Result<Tensor> {
    let argument =
        |expected: String, found: String| Error::Argument { operation: DOING, expected, found };
    let [batch, shape @ ..] = x.dims() else {
        return Err(argument(format!("x of shape [B, ..{data_shape:?}]"), "a scalar".into()));
    };
    if shape != data_shape {
        return Err(argument(
            format!("x of shape [B, ..{data_shape:?}]"),
            format!("x of shape {:?}", x.dims()),
        ));
    }
    if t.dims() != [*batch] {
        return Err(argument(
            format!("one time per sample, t of shape [{batch}]"),
            format!("t of shape {:?}", t.dims()),
        ));
    }
    Ok(t.to_dtype(x.dtype())?)
}

/// What the first layer takes, [B, channels, ..]: `x`, then the source end, then noise, as many of
/// them as `options` ask for. Refuses what is missing, not asked for, or of another shape.
pub(crate) fn join_inputs(
    x: &Tensor,
    condition: &Condition,
    options: &NetworkOptions,
) -> Result<Tensor> {
    let shape = |channels: usize| {
        let mut shape = x.dims().to_vec();
        shape[1] = channels;
        (channels > 0).then_some(shape)
    };
    let [_, source, noise] = options.input_blocks(x.dims()[1]).map(shape);
    let source = Extra { name: "source", option: "source_condition", shape: source }
        .check(condition.source.as_ref())?;
    let noise = Extra { name: "noise", option: "noise_channels", shape: noise }
        .check(condition.noise.as_ref())?;
    let parts: Vec<&Tensor> = std::iter::once(x).chain(source).chain(noise).collect();
    if let [x] = parts[..] {
        return Ok(x.clone());
    }
    Ok(Tensor::cat(&parts, 1)?)
}

/// An input besides the sample, and the shape it must have; none if the network does not take it.
struct Extra {
    name: &'static str,
    option: &'static str,
    shape: Option<Vec<usize>>,
}

impl Extra {
    fn check<'a>(&self, given: Option<&'a Tensor>) -> Result<Option<&'a Tensor>> {
        let Self { name, option, shape } = self;
        if given.map(Tensor::dims) == shape.as_deref() {
            return Ok(given);
        }
        let expected = match shape {
            Some(shape) => {
                format!("{name} {shape:?} in the condition, which the option `{option}` asks for")
            }
            None => format!("no {name} in the condition: the option `{option}` is not set"),
        };
        let found = match given {
            Some(tensor) => format!("{name} {:?}", tensor.dims()),
            None => format!("no {name}"),
        };
        Err(Error::Argument { operation: DOING, expected, found })
    }
}
