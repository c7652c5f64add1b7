use crate::{Error, Result};

/// A choice among classes with given relative weights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClassWeights {
    /// Sum of the weights of each class and those before it.
    cumulative: Vec<f64>,
}

impl ClassWeights {
    /// One weight for each of `count` classes, finite and not negative, not all 0.
    pub(crate) fn new(weights: &[f64], count: usize) -> Result<Self> {
        let wrong = |expected: String, found: String| Error::Argument {
            operation: "weighting the classes of a toy",
            expected,
            found,
        };
        if weights.len() != count {
            let found = format!("{} weights", weights.len());
            return Err(wrong(format!("one weight for each of the {count} classes"), found));
        }
        if let Some(bad) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            return Err(wrong("finite weights of at least 0".into(), bad.to_string()));
        }
        let mut total = 0.0;
        let sums = weights.iter().map(|weight| {
            total += weight;
            total
        });
        let cumulative: Vec<f64> = sums.collect();
        if !(total > 0.0 && total.is_finite()) {
            let expected = "weights with a sum that is finite and above 0".into();
            return Err(wrong(expected, format!("a sum of {total}")));
        }
        Ok(Self { cumulative })
    }

    /// The class that `uniform` in [0, 1) falls to when [0, 1) is cut in the order of the classes
    /// into pieces as long as their shares.
    pub(crate) fn choose(&self, uniform: f64) -> u32 {
        let total = self.cumulative.last().copied().unwrap_or_default();
        let at = uniform * total;
        // Where rounding takes `at` up to the total, the last class with a weight has it.
        let class = self.cumulative.partition_point(|&sum| sum <= at && sum < total);
        class as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_cut_in_order_and_a_weight_of_zero_is_never_chosen() {
        let weights = ClassWeights::new(&[0.0, 1.0, 0.0, 3.0, 0.0], 5).unwrap();
        let below_one = 1.0 - f64::EPSILON / 2.0;
        let found = [0.0, 0.2499, 0.25, 0.7, below_one].map(|uniform| weights.choose(uniform));
        assert_eq!(found, [1, 1, 3, 3, 3]);
        // The product below rounds up to the total.
        let rounded = ClassWeights::new(&[1.0, 1e-300, 0.0], 3).unwrap();
        assert_eq!(rounded.choose(1.0), 0);
        let even = ClassWeights::new(&[1.0; 8], 8).unwrap();
        for k in 0..64 {
            assert_eq!(even.choose(f64::from(k) / 64.0), k / 8);
        }
    }

    #[test]
    fn impossible_weights_are_refused() {
        let message = |weights: &[f64]| match ClassWeights::new(weights, 2) {
            Ok(_) => panic!("{weights:?} was taken"),
            Err(error) => error.to_string(),
        };
        assert!(message(&[1.0]).contains("each of the 2 classes, found 1 weights"));
        assert!(message(&[1.0, -0.5]).contains("at least 0, found -0.5"));
        assert!(message(&[1.0, f64::NAN]).contains("NaN"));
        assert!(message(&[0.0, 0.0]).contains("a sum of 0"));
        assert!(message(&[1e308, 1e308]).contains("a sum of inf"));
    }
}
