use candle_core::{DType, Device, Tensor};
use realuid_paths::{Heads, Interpolant, Prediction, PredictionChange};

/// Fails, with what is wrong, unless a network that predicts `from` determines `to` at the native time
/// `time` of `path`.
pub(crate) fn check_determines(
    path: &dyn Interpolant,
    from: Heads,
    to: Prediction,
    time: f64,
) -> std::result::Result<(), String> {
    let probe = || {
        let x = Tensor::zeros((1, 1), DType::F64, &Device::Cpu)?;
        let said = Tensor::zeros((1, from.predictions().len()), DType::F64, &Device::Cpu)?;
        let t = Tensor::full(time, 1, &Device::Cpu)?;
        PredictionChange { from, to: to.into() }.apply(path, &said, &x, &t)
    };
    probe().map(|_| ()).map_err(|reason: realuid_paths::Error| {
        format!("expected a prediction that gives the {to} at time {time}, found {from}: {reason}")
    })
}
