use candle_core::{DType, Device, Tensor};
use realuid_loss::Weighting;
use realuid_paths::{Ends, Heads, Interpolant, Prediction, PredictionChange};

/// What of a loss depends on the time of its items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossForm {
    /// The prediction in which it is taken; `None` for all that the networks predict.
    pub prediction: Option<Prediction>,
    /// Weight of an item by its time.
    pub weighting: Weighting,
}

impl LossForm {
    /// Fails, with the reason, unless target, conversion and weight are finite at the native time `time`
    /// of `path` for networks that predict `heads`, in double precision and as training rounds it.
    pub(super) fn check_finite(
        &self,
        path: &dyn Interpolant,
        heads: Heads,
        time: f64,
    ) -> Result<(), String> {
        [DType::F64, DType::F32].into_iter().try_for_each(|dtype| {
            let t = Tensor::full(time, 1, &Device::Cpu).and_then(|t| t.to_dtype(dtype));
            let finite =
                t.map_err(crate::Error::from).and_then(|t| self.is_finite(path, heads, &t));
            let finite = finite.map_err(|reason| reason.to_string())?;
            if finite { Ok(()) } else { Err("a value is infinite".into()) }
        })
    }

    fn is_finite(&self, path: &dyn Interpolant, heads: Heads, t: &Tensor) -> crate::Result<bool> {
        let like = |width: usize| Tensor::ones((1, width), t.dtype(), t.device());
        let ends = Ends { data: like(1)?, source: like(1)?, latent: Some(like(1)?) };
        let change =
            PredictionChange { from: heads, to: self.prediction.map_or(heads, Heads::from) };
        let said = like(heads.predictions().len())?;
        let mut parts = vec![
            change.to.target(path, &ends, t)?,
            change.apply(path, &said, &path.interpolate(&ends, t)?, t)?,
        ];
        if self.weighting != Weighting::Constant {
            parts.push(self.weighting.weights(&path.coefficients(t)?)?);
        }
        for part in parts {
            let values = part.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
            if values.iter().any(|value| !value.is_finite()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Default for LossForm {
    fn default() -> Self {
        Self { prediction: None, weighting: Weighting::Constant }
    }
}
