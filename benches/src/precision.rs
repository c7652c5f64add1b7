use std::fmt;
use std::str::FromStr;

use candle_core::DType;
use realuid_models::Execution;
use realuid_ops::set_tf32;

/// In which numbers a workload computes; parameters, losses and optimisers are f32 in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Everything in f32.
    F32,
    /// Factors of products and convolutions rounded to TF32 on a GPU.
    Tf32,
    /// Activations in bf16.
    Bf16,
}

impl Precision {
    /// Every one, the exact first.
    pub const ALL: [Self; 3] = [Self::F32, Self::Tf32, Self::Bf16];

    /// How networks are computed.
    pub fn execution(self) -> Execution {
        let precision = match self {
            Self::F32 | Self::Tf32 => realuid_models::Precision::Full,
            Self::Bf16 => realuid_models::Precision::Bf16,
        };
        Execution { precision, ..Execution::default() }
    }

    /// That of activations.
    pub fn activations(self) -> DType {
        match self {
            Self::F32 | Self::Tf32 => DType::F32,
            Self::Bf16 => DType::BF16,
        }
    }

    /// Makes the process round factors as this precision does, until the next call.
    pub fn enter(self) {
        set_tf32(self != Self::F32);
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::Bf16 => "bf16",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    /// `default`, what peers call their plain way, is f32.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Some(Self::F32),
            text => Self::ALL.into_iter().find(|precision| precision.to_string() == text),
        }
        .ok_or_else(|| format!("expected default, f32, tf32 or bf16, found {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precisions_are_read_as_they_are_written() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        assert_eq!("default".parse(), Ok(Precision::F32));
        assert!("f16".parse::<Precision>().unwrap_err().contains("found f16"));
    }
}
