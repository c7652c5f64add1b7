use std::fmt;
use std::str::FromStr;

use candle_core::{DType, Tensor};
use realuid_paths::Coefficients;

use crate::error::positive;
use crate::{Error, Result};

/// Weight w(t) of an item by the coefficients of its path alone.
///
/// The signal-to-noise ratio is snr = a^2 / b^2, a and b the coefficients of data and source; the
/// formulas are meant for squared errors of the data prediction on a Gaussian path. Errors of another
/// prediction g, with data = A x_t + B g, are those of the data divided by B: see
/// [`PathPoints::branch`](crate::PathPoints::branch) to take the loss in the prediction that a weight is
/// meant for.
///
/// [`Display`](fmt::Display) writes the [name](Self::name); [`FromStr`] reads it, with the published
/// value of its parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weighting {
    /// 1.
    Constant,
    /// (sigma^2 + sigma_data^2) / (sigma sigma_data)^2 = snr + 1 / sigma_data^2, sigma = b / a (Karras
    /// et al., arXiv 2206.00364, table 1: lambda): with EDM preconditioning the bare network's error
    /// has weight 1 at every noise level.
    Edm {
        /// Standard deviation of the data; published 0.5.
        sigma_data: f64,
    },
    /// snr: the squared error of the noise (Ho et al., arXiv 2006.11239, equation 14).
    Snr,
    /// snr + 1: the squared error of v (Salimans and Ho, arXiv 2202.00512, section 4).
    SnrPlusOne,
    /// max(snr, 1): the larger one of the errors of data and noise (arXiv 2202.00512, section 4).
    TruncatedSnr,
    /// min(snr, limit): what nearly lacks noise does not count for more (Hang et al.,
    /// arXiv 2303.09556).
    MinSnr {
        /// Largest weight; published 5.
        limit: f64,
    },
}

impl Weighting {
    /// Every weighting, in the order of the declaration, with the published parameters.
    pub const ALL: [Self; 6] = [
        Self::Constant,
        Self::Edm { sigma_data: 0.5 },
        Self::Snr,
        Self::SnrPlusOne,
        Self::TruncatedSnr,
        Self::MinSnr { limit: 5.0 },
    ];

    /// The name used in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Edm { .. } => "edm",
            Self::Snr => "snr",
            Self::SnrPlusOne => "snr-plus-one",
            Self::TruncatedSnr => "truncated-snr",
            Self::MinSnr { .. } => "min-snr",
        }
    }

    /// The weights `[B]` at the coefficients of a batch of times, in their dtype.
    ///
    /// Fails unless the parameter is positive, and where a weight is not finite: at the data end,
    /// where there is no noise, all but `constant` and `min-snr` are infinite. On a GPU weights are
    /// not looked at, which would wait for it: there they make a loss that is not finite.
    pub fn weights(self, at: &Coefficients) -> Result<Tensor> {
        self.validate()?;
        let snr = || (&at.data / &at.source)?.sqr();
        let weights = match self {
            Self::Constant => at.data.ones_like()?,
            Self::Edm { sigma_data } => snr()?.affine(1.0, (sigma_data * sigma_data).recip())?,
            Self::Snr => snr()?,
            Self::SnrPlusOne => snr()?.affine(1.0, 1.0)?,
            Self::TruncatedSnr => snr()?.maximum(1.0)?,
            Self::MinSnr { limit } => snr()?.minimum(limit)?,
        };
        self.refuse_infinite(&weights)?;
        Ok(weights)
    }

    /// Fails unless its parameter is positive and finite.
    pub fn validate(self) -> Result<()> {
        match self {
            Self::Edm { sigma_data } => {
                positive("sigma_data", "a finite sigma_data > 0", sigma_data).map(|_| ())
            }
            Self::MinSnr { limit } => positive("limit", "a finite limit > 0", limit).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn refuse_infinite(self, weights: &Tensor) -> Result<()> {
        if !weights.device().is_cpu() {
            return Ok(());
        }
        let values = weights.to_dtype(DType::F64)?.to_vec1::<f64>()?;
        match values.iter().position(|weight| !weight.is_finite()) {
            None => Ok(()),
            Some(item) => Err(Error::Weight { name: self.name(), item, found: values[item] }),
        }
    }
}

impl fmt::Display for Weighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Weighting {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|weighting| weighting.name() == name)
            .ok_or_else(|| Error::Name { what: "weighting", known: known(), found: name.into() })
    }
}
