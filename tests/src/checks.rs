use candle_core::{DType, Device, Tensor};

use crate::report::Verdict;
use crate::{Error, Result};

/// The comparisons made with one fixture.
#[derive(Default)]
pub(crate) struct Checks {
    made: usize,
    worst: f64,
    failures: Vec<Failure>,
    omitted: Vec<String>,
}

/// How close two quantities must be.
#[derive(Clone, Copy)]
pub(crate) struct Tolerance {
    /// Largest error allowed, relative to the size of what is expected.
    pub relative: f64,
    /// What is expected counts as at least this large, because its own error does not get smaller
    /// below it.
    pub floor: f64,
}

/// Two tensors as numbers, of one shape.
struct Pair {
    found: Vec<f64>,
    expected: Vec<f64>,
}

struct Failure {
    /// The error as a multiple of what was allowed.
    excess: f64,
    message: String,
}

impl Tolerance {
    /// Golden numbers in f64.
    pub const DOUBLE: Self = Self::relative(1e-10);

    /// Relative to what is expected, however small; absolute where that is zero.
    pub const fn relative(relative: f64) -> Self {
        Self { relative, floor: 0.0 }
    }
}

impl Checks {
    /// Compares two numbers.
    pub fn number(&mut self, what: &str, found: f64, expected: f64, tolerance: Tolerance) {
        self.error(what, (found - expected).abs(), expected.abs(), tolerance);
    }

    /// Compares two tensors: their largest difference, relative to the largest element expected.
    pub fn elements(
        &mut self,
        what: &str,
        found: &Tensor,
        expected: &Tensor,
        tolerance: Tolerance,
    ) -> Result<()> {
        let largest =
            |sum: f64, value: f64| if value > sum || value.is_nan() { value } else { sum };
        self.tensors(what, found, expected, |pair| {
            let off = pair.differences().map(f64::abs).fold(0.0, largest);
            (off, pair.expected.iter().fold(0.0, |m, v| largest(m, v.abs())), tolerance)
        })
    }

    /// Compares two tensors: the norm of their difference, relative to the norm of the one expected.
    pub fn norm(
        &mut self,
        what: &str,
        found: &Tensor,
        expected: &Tensor,
        tolerance: Tolerance,
    ) -> Result<()> {
        self.tensors(what, found, expected, |pair| {
            let off = pair.differences().map(|d| d * d).sum::<f64>().sqrt();
            (off, pair.expected.iter().map(|v| v * v).sum::<f64>().sqrt(), tolerance)
        })
    }

    /// Records that something which has to be the same is not.
    pub fn differs(&mut self, what: &str, found: &str, expected: &str) {
        self.made += 1;
        self.failures.push(Failure {
            excess: f64::INFINITY,
            message: format!("{what}: expected {expected}, found {found}"),
        });
    }

    /// Records a part of the fixture that nothing here computes.
    pub fn omit(&mut self, part: &str) {
        self.omitted.push(part.to_owned());
    }

    /// What comes of the fixture. Without any comparison nothing has passed.
    pub fn verdict(mut self) -> Verdict {
        self.failures.sort_by(|a, b| b.excess.total_cmp(&a.excess));
        match self.failures.as_slice() {
            [] if self.made > 0 => Verdict::Passed { worst: self.worst, omitted: self.omitted },
            [] if self.omitted.is_empty() => Verdict::Failed("holds nothing to compare".into()),
            [] => Verdict::Skipped(format!("{} not implemented", self.omitted.join(", "))),
            [only] => Verdict::Failed(only.message.clone()),
            [first, more @ ..] => {
                Verdict::Failed(format!("{} and {} more", first.message, more.len()))
            }
        }
    }

    fn tensors(
        &mut self,
        what: &str,
        found: &Tensor,
        expected: &Tensor,
        measure: impl FnOnce(&Pair) -> (f64, f64, Tolerance),
    ) -> Result<()> {
        if found.dims() != expected.dims() {
            let shape = |tensor: &Tensor| format!("shape {:?}", tensor.dims());
            self.differs(what, &shape(found), &shape(expected));
            return Ok(());
        }
        let pair = Pair { found: values(found)?, expected: values(expected)? };
        if pair.expected.is_empty() {
            return Err(Error::malformed(format!("values of {what}"), "an empty tensor"));
        }
        let (off, size, tolerance) = measure(&pair);
        self.error(what, off, size, tolerance);
        Ok(())
    }

    /// An error of `off` in a quantity of the size `size`.
    fn error(&mut self, what: &str, off: f64, size: f64, tolerance: Tolerance) {
        let scale = size.max(tolerance.floor);
        let error = if scale > 0.0 { off / scale } else { off };
        // A NaN on either side is as wrong as can be.
        let error = if error.is_nan() { f64::INFINITY } else { error };
        self.made += 1;
        self.worst = self.worst.max(error);
        let allowed = tolerance.relative;
        if error > allowed {
            let message = format!("{what} {error:.1e} (allowed {allowed:.0e})");
            self.failures.push(Failure { excess: error / allowed, message });
        }
    }
}

impl Pair {
    fn differences(&self) -> impl Iterator<Item = f64> {
        self.found.iter().zip(&self.expected).map(|(found, expected)| found - expected)
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.to_device(&Device::Cpu)?.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?)
}
