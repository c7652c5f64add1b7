use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use candle_core::Tensor;

use crate::{Error, Rated, Result};

/// The latent's coefficient of a stochastic interpolant: zero at both ends of [0, 1].
///
/// The choices of Albergo et al., arXiv 2303.08797, section 4, each with a scale k. Their text, which
/// [`Display`](fmt::Display) writes and [`FromStr`] reads, is the formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gamma {
    /// sqrt(k t (1 - t)): a Brownian bridge; its rate is infinite at both ends.
    SquareRoot {
        /// k, positive: the variance of the Brownian motion.
        scale: f64,
    },
    /// k t (1 - t).
    Quadratic {
        /// k, positive.
        scale: f64,
    },
    /// k sin^2(pi t): leaves both ends with rate zero.
    SineSquared {
        /// k, positive.
        scale: f64,
    },
}

impl Gamma {
    /// gamma(t) and its derivative, each `[B]`, at the times `t` `[B]` in [0, 1].
    pub(super) fn at(self, t: &Tensor) -> Result<Rated> {
        let product = (t * t.affine(-1.0, 1.0)?)?;
        let product_rate = t.affine(-2.0, 1.0)?;
        Ok(match self {
            Self::SquareRoot { scale } => {
                let value = (product * scale)?.sqrt()?;
                Rated { rate: ((product_rate * (scale / 2.0))? / &value)?, value }
            }
            Self::Quadratic { scale } => {
                Rated { value: (product * scale)?, rate: (product_rate * scale)? }
            }
            Self::SineSquared { scale } => {
                // sin(pi t) from the nearer end, because pi is rounded.
                let sine = (t.minimum(&t.affine(-1.0, 1.0)?)? * PI)?.sin()?;
                let rate = ((&sine * (t * PI)?.cos()?)? * (2.0 * PI * scale))?;
                Rated { value: (sine.sqr()? * scale)?, rate }
            }
        })
    }

    pub(super) fn validate(self) -> Result<()> {
        let scale = self.scale();
        if scale > 0.0 && scale.is_finite() {
            return Ok(());
        }
        let found = scale.to_string();
        Err(Error::argument("choosing gamma of an interpolant", "a finite scale > 0", found))
    }

    fn scale(self) -> f64 {
        match self {
            Self::SquareRoot { scale }
            | Self::Quadratic { scale }
            | Self::SineSquared { scale } => scale,
        }
    }
}

impl fmt::Display for Gamma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SquareRoot { scale } => write!(f, "sqrt({scale} t (1 - t))"),
            Self::Quadratic { scale } => write!(f, "{scale} t (1 - t)"),
            Self::SineSquared { scale } => write!(f, "{scale} sin^2(pi t)"),
        }
    }
}

impl FromStr for Gamma {
    type Err = Error;

    /// Reads the three formulas, k a number that may be left out where it is 1; blanks and `*`
    /// between factors do not matter.
    fn from_str(text: &str) -> Result<Self> {
        let bare: String =
            text.replace("**", "^").chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
        let gamma = read(&bare).ok_or_else(|| {
            let expected = "sqrt(k t (1 - t)), k t (1 - t) or k sin^2(pi t), k a number";
            Error::argument("reading gamma of an interpolant", expected, format!("{text:?}"))
        })?;
        gamma.validate()?;
        Ok(gamma)
    }
}

/// A formula without blanks and signs of multiplication.
fn read(bare: &str) -> Option<Gamma> {
    let inside = bare.strip_prefix("sqrt(").and_then(|rest| rest.strip_suffix(')'));
    if let Some(scale) = inside.and_then(|inside| factor(inside, "t(1-t)")) {
        return Some(Gamma::SquareRoot { scale });
    }
    if let Some(scale) = factor(bare, "sqrt(t(1-t))") {
        return Some(Gamma::SquareRoot { scale: scale * scale });
    }
    if let Some(scale) = factor(bare, "t(1-t)") {
        return Some(Gamma::Quadratic { scale });
    }
    let sines = ["sin^2(pit)", "sin(pit)^2"];
    sines.iter().find_map(|sine| factor(bare, sine)).map(|scale| Gamma::SineSquared { scale })
}

/// k of the text `k BODY`; 1 if there is none.
fn factor(text: &str, body: &str) -> Option<f64> {
    match text.strip_suffix(body)? {
        "" => Some(1.0),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_read_and_written() {
        for (text, gamma) in [
            ("sqrt(2 t (1 - t))", Gamma::SquareRoot { scale: 2.0 }),
            ("sqrt(t*(1-t))", Gamma::SquareRoot { scale: 1.0 }),
            ("3 sqrt(t (1 - t))", Gamma::SquareRoot { scale: 9.0 }),
            ("0.5 * t * (1 - t)", Gamma::Quadratic { scale: 0.5 }),
            ("t (1 - t)", Gamma::Quadratic { scale: 1.0 }),
            ("sin^2(pi t)", Gamma::SineSquared { scale: 1.0 }),
            ("1.5 * sin(pi * t)**2", Gamma::SineSquared { scale: 1.5 }),
        ] {
            assert_eq!(text.parse::<Gamma>().unwrap(), gamma);
            assert_eq!(gamma.to_string().parse::<Gamma>().unwrap(), gamma);
        }
    }

    #[test]
    fn other_formulas_are_refused() {
        for text in ["", "t", "sqrt(2 t)", "k t (1 - t)", "0 t (1 - t)", "sqrt(-1 t (1 - t))"] {
            assert!(text.parse::<Gamma>().is_err(), "{text}");
        }
    }
}
