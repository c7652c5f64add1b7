use std::fmt;
use std::str::FromStr;

use crate::precision::Precision;

/// How a workload is run: in which numbers, and whether steps are repeated from CUDA graphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    pub precision: Precision,
    pub graphs: bool,
}

/// What follows the precision in the name of a variant with graphs.
const GRAPHS: &str = "-graph";

impl Variant {
    /// Every operation launched on its own.
    pub const fn launched(precision: Precision) -> Self {
        Self { precision, graphs: false }
    }

    /// Steps repeated from CUDA graphs, on a GPU.
    pub const fn recorded(precision: Precision) -> Self {
        Self { precision, graphs: true }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}{}", self.precision, if self.graphs { GRAPHS } else { "" })
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_suffix(GRAPHS) {
            Some(precision) => precision.parse().map(Self::recorded),
            None => text.parse().map(Self::launched),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_are_read_as_they_are_written() {
        for precision in Precision::ALL {
            for variant in [Variant::launched(precision), Variant::recorded(precision)] {
                assert_eq!(variant.to_string().parse(), Ok(variant));
            }
        }
        assert_eq!("default".parse(), Ok(Variant::launched(Precision::F32)));
        assert!("bf16-graphs".parse::<Variant>().unwrap_err().contains("found bf16-graphs"));
    }
}
