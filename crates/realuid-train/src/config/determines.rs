use candle_core::{DType, Device, Tensor};
use realuid_paths::{Interpolant, Prediction};

/// Fails, with what is wrong, unless a network that predicts `from` determines `to` at the native time
/// `time` of `path`.
pub(crate) fn check_determines(
    path: &dyn Interpolant,
    from: Prediction,
    to: Prediction,
    time: f64,
) -> std::result::Result<(), String> {
    let probe = || {
        let x = Tensor::zeros((1, 1), DType::F64, &Device::Cpu)?;
        let t = Tensor::full(time, 1, &Device::Cpu)?;
        path.convert(&x, from, to, &x, &t)
    };
    probe().map(|_| ()).map_err(|reason: realuid_paths::Error| {
        format!("expected a prediction that gives the {to} at time {time}, found {from}: {reason}")
    })
}
