/// One side of a panel: what it measures, from where to where, and its ticks.
#[derive(Clone, Debug)]
pub struct Axis {
    pub label: String,
    low: f64,
    high: f64,
    step: f64,
    scale: Scale,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Linear,
    /// Ends and step are those of the decimal logarithm.
    Decades,
}

impl Axis {
    /// From `low` to `high`, a tick at every `step` from `low`.
    pub fn linear(label: &str, low: f64, high: f64, step: f64) -> Self {
        Self { label: label.to_owned(), low, high, step, scale: Scale::Linear }
    }

    /// From 10^`low` to 10^`high`.
    pub fn decades(label: &str, low: i32, high: i32) -> Self {
        let (low, high) = (f64::from(low), f64::from(high));
        Self { label: label.to_owned(), low, high, step: 1.0, scale: Scale::Decades }
    }

    /// Where a value lies: 0 at the low end, 1 at the high end, beyond them outside.
    pub fn place(&self, value: f64) -> f64 {
        let value = match self.scale {
            Scale::Linear => value,
            // One decade below the axis is as good as minus infinity.
            Scale::Decades => value.max(1e-300).log10().max(self.low - 1.0),
        };
        (value - self.low) / (self.high - self.low)
    }

    /// Places and labels of the ticks.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let count = ((self.high - self.low) / self.step + 1e-9).floor() as usize;
        let tick = |k: usize| {
            let value = self.low + self.step * k as f64;
            ((value - self.low) / (self.high - self.low), self.write(value))
        };
        (0..=count).map(tick).collect()
    }

    fn write(&self, value: f64) -> String {
        match self.scale {
            Scale::Decades => format!("1e{value:.0}"),
            Scale::Linear => {
                // As few digits as tell the ticks apart.
                let whole = |digits: i32| {
                    let scaled = self.step * 10f64.powi(digits);
                    (scaled - scaled.round()).abs() < 1e-9
                };
                let digits = (0..6).find(|digits| whole(*digits)).unwrap_or(6);
                let value = if value.abs() < 1e-12 { 0.0 } else { value };
                format!("{value:.width$}", width = digits as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_labelled_with_as_many_digits_as_they_need() {
        let labels = |axis: Axis| axis.ticks().into_iter().map(|(_, l)| l).collect::<Vec<_>>();
        assert_eq!(labels(Axis::linear("", -1.0, 1.0, 1.0)), ["-1", "0", "1"]);
        assert_eq!(labels(Axis::linear("", 0.35, 0.4, 0.025)), ["0.350", "0.375", "0.400"]);
        assert_eq!(labels(Axis::decades("", -2, 0)), ["1e-2", "1e-1", "1e0"]);
    }

    #[test]
    fn values_lie_between_the_ends() {
        assert!((Axis::linear("", 2.0, 4.0, 1.0).place(2.5) - 0.25).abs() < 1e-15);
        let decades = Axis::decades("", -4, 0);
        assert!((decades.place(1e-3) - 0.25).abs() < 1e-12);
        assert!((decades.place(0.0) + 0.25).abs() < 1e-12);
    }
}
