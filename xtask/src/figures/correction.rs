use super::axis::Axis;
use super::chart::{Curve, Figure, Panel};
use super::mixture::{Prediction, TwoModes};
use super::worth::{Coefficients, Game};

/// The first mode's share in the data, and in what the teacher learned.
pub const DATA: f64 = 0.5;
pub const TEACHER: f64 = 0.4;

/// Two modes, the first with the given share.
pub fn modes(share: f64) -> TwoModes {
    TwoModes { share, means: [-1.5, 1.5], stds: [0.4, 0.4] }
}

/// Where the student of an inexact teacher comes to rest: the objective against its mode share.
pub fn figure() -> Figure {
    let curves = settings()
        .map(|(name, coefficients)| Curve::of(name, 0.35, 0.5, |share| worth(coefficients, share)));
    let panel = Panel {
        title: "Data: share 0.5 of the first mode; teacher: 0.4".to_owned(),
        x: Axis::linear("student's share of the first mode", 0.35, 0.5, 0.025),
        y: Axis::decades("max J, mean over t", -7, -2),
        curves: curves.into(),
    };
    Figure { panels: vec![panel], columns: 1 }
}

fn settings() -> [(&'static str, Coefficients); 6] {
    [
        ("uid: 1, 1, 1", Coefficients::new(1.0, 1.0, 1.0)),
        ("realuid: 0.92, 0.94, 0.92", Coefficients::new(0.92, 0.94, 0.92)),
        ("realuid: 0.98, 0.96, 0.98", Coefficients::new(0.98, 0.96, 0.98)),
        ("correction, c = 1/3", Coefficients::correction(1.0 / 3.0)),
        ("correction, c = 1/2", Coefficients::correction(0.5)),
        ("correction, c = 3/4", Coefficients::correction(0.75)),
    ]
}

fn worth(coefficients: Coefficients, share: f64) -> f64 {
    let prediction = Prediction::Velocity;
    let game =
        Game { student: modes(share), teacher: modes(TEACHER), data: modes(DATA), prediction };
    coefficients.worth(&game)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share at which the student pays least, to 1e-5.
    fn resting_share(coefficients: Coefficients) -> f64 {
        let (mut low, mut high) = (0.3, 0.6);
        while high - low > 1e-5 {
            let third = (high - low) / 3.0;
            if worth(coefficients, low + third) < worth(coefficients, high - third) {
                high -= third;
            } else {
                low += third;
            }
        }
        f64::midpoint(low, high)
    }

    #[test]
    fn students_rest_where_the_theory_says() {
        // Figures of docs/theory.md, section 5; for c = 3/4 its law, 0.4 + c 0.1.
        let expected = [0.4, 0.394, 0.396, 0.4 + 0.1 / 3.0, 0.45, 0.475];
        for ((name, coefficients), expected) in settings().into_iter().zip(expected) {
            let rest = resting_share(coefficients);
            assert!((rest - expected).abs() < 5e-4, "{name}: rests at {rest}, not {expected}");
            let price = worth(coefficients, rest);
            let equal = (coefficients.gamma - coefficients.beta).abs() < 1e-12;
            assert_eq!(price < 1e-9, equal, "{name}: pays {price} at rest");
        }
    }
}
