/// What is told of repeated measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub median: f64,
    pub minimum: f64,
    /// Between the quartiles, as a share of the median.
    pub spread: f64,
}

impl Summary {
    /// Of at least one value.
    ///
    /// # Panics
    /// When there is none.
    pub fn of(values: &[f64]) -> Self {
        assert!(!values.is_empty(), "a summary of no values");
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let [low, median, high] = [0.25, 0.5, 0.75].map(|share| quantile(&sorted, share));
        Self { median, minimum: sorted[0], spread: (high - low) / median }
    }
}

/// Interpolated between the two nearest of the sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_number_of_values() {
        let summary = Summary::of(&[5.0, 1.0, 3.0, 2.0, 4.0]);
        assert_eq!(summary, Summary { median: 3.0, minimum: 1.0, spread: 2.0 / 3.0 });
    }

    #[test]
    fn an_even_number_of_values() {
        let summary = Summary::of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(summary, Summary { median: 2.5, minimum: 1.0, spread: 1.5 / 2.5 });
    }

    #[test]
    fn a_single_value_does_not_spread() {
        assert_eq!(Summary::of(&[7.0]), Summary { median: 7.0, minimum: 7.0, spread: 0.0 });
    }

    #[test]
    fn an_outlier_moves_neither_median_nor_minimum() {
        let summary = Summary::of(&[1.0, 1.0, 1.0, 1.0, 100.0]);
        assert_eq!(summary, Summary { median: 1.0, minimum: 1.0, spread: 0.0 });
    }
}
