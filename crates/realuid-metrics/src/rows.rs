use candle_core::{DType, Tensor};

use crate::{Error, Result};

/// A set of samples on the CPU in f64: `count` rows of `dimension` finite values.
pub(crate) struct Rows {
    pub(crate) count: usize,
    pub(crate) dimension: usize,
    values: Vec<f64>,
}

impl Rows {
    /// Reads `tensor` [N, D]; `operation` and `argument` name it in errors.
    pub(crate) fn read(
        operation: &'static str,
        argument: &'static str,
        tensor: &Tensor,
    ) -> Result<Self> {
        let &[count, dimension @ 1..=usize::MAX] = tensor.dims() else {
            return Err(Error::Argument {
                operation,
                argument,
                expected: "of shape [N, D] with D >= 1".into(),
                found: format!("{:?}", tensor.dims()),
                advice: "give one sample a row, flattened",
            });
        };
        let values = tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1::<f64>()?;
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite {
                operation,
                argument,
                row: index / dimension,
                column: index % dimension,
                value: values[index],
            });
        }
        Ok(Self { count, dimension, values })
    }

    pub(crate) fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.dimension..(index + 1) * self.dimension]
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }
}

/// Reads the two sets that a metric compares: each [N, D] with N >= 2 of its own and the same D.
pub(crate) fn read_sets(
    operation: &'static str,
    x: (&'static str, &Tensor),
    y: (&'static str, &Tensor),
) -> Result<(Rows, Rows)> {
    let (first, second) = (Rows::read(operation, x.0, x.1)?, Rows::read(operation, y.0, y.1)?);
    for (argument, rows) in [(x.0, &first), (y.0, &second)] {
        if rows.count < 2 {
            return Err(Error::Argument {
                operation,
                argument,
                expected: "at least 2 samples".into(),
                found: rows.count.to_string(),
                advice: "a set of samples is compared, not a single one; draw more",
            });
        }
    }
    require_dimension(operation, y.0, second.dimension, first.dimension)?;
    Ok((first, second))
}

/// Refuses samples whose number of columns is not `expected`.
pub(crate) fn require_dimension(
    operation: &'static str,
    argument: &'static str,
    found: usize,
    expected: usize,
) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Argument {
        operation,
        argument,
        expected: format!("of {expected} columns"),
        found: found.to_string(),
        advice: "take both sets through the same feature extractor at the same image size",
    })
}
