use std::fmt;
use std::str::FromStr;

use crate::Error;

/// What a network predicts at a point of a path: a linear function of the path's three ends.
///
/// With x_t = a data + b source + c latent, and a', b', c' the derivatives in native time. Names in
/// configurations are the lower-case ones that [`Display`](fmt::Display) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prediction {
    /// The time derivative of x_t: a' data + b' source + c' latent.
    Velocity,
    /// The data end.
    Data,
    /// The source end; on a Gaussian path this is the noise.
    Source,
    /// The latent noise of a bridge or a stochastic interpolant.
    Latent,
    /// The gradient of the log-density of x_t given the other ends: -source / b on a Gaussian path,
    /// -latent / c where the path has a latent.
    Score,
    /// a source - b data (Salimans and Ho, arXiv 2202.00512, section 4).
    V,
    /// The drift towards the data of the process that is pinned there, per unit of native time: what
    /// x_t and the data alone say of the velocity, (data - x_t) / t on a Brownian bridge (Peluchetti,
    /// arXiv 2312.14589; Shi et al., arXiv 2303.16852).
    ///
    /// a' data + b'/b (x_t - a data), with the sign changed where native time falls towards the data.
    Drift,
}

/// From one prediction to another, or from the [`Heads`](crate::Heads) of a network to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PredictionChange<P = Prediction> {
    /// What a network or a field predicts.
    pub from: P,
    /// What is wanted.
    pub to: P,
}

impl Prediction {
    /// Every prediction, in the order of the declaration.
    pub const ALL: [Self; 7] =
        [Self::Velocity, Self::Data, Self::Source, Self::Latent, Self::Score, Self::V, Self::Drift];

    /// The name used in configurations.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Velocity => "velocity",
            Self::Data => "data",
            Self::Source => "source",
            Self::Latent => "latent",
            Self::Score => "score",
            Self::V => "v",
            Self::Drift => "drift",
        }
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Prediction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::argument("reading a prediction", format!("one of {known}"), format!("{name:?}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for prediction in Prediction::ALL {
            assert_eq!(prediction.to_string().parse::<Prediction>().unwrap(), prediction);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "noise".parse::<Prediction>().unwrap_err().to_string();
        assert!(message.contains("velocity, data, source") && message.contains("\"noise\""));
    }
}
