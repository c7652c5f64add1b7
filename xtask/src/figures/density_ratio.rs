use super::axis::Axis;
use super::chart::{Curve, Figure, Panel};
use super::mixture::TwoModes;

const TIME: f64 = 0.85;
const DATA: TwoModes = TwoModes { share: 0.5, means: [-1.6, 1.6], stds: [0.3, 0.3] };
/// Has almost lost the first mode, and puts the second where the data have a gap.
const STUDENT: TwoModes = TwoModes { share: 0.02, means: [-1.6, 0.9], stds: [0.3, 0.3] };
const ALPHAS: [f64; 3] = [1.0, 0.9, 0.5];

/// How real data reweight the data-free distance where gamma = beta, beside the two marginals.
pub fn figure() -> Figure {
    let density = |name: &str, of: TwoModes| Curve::of(name, -3.0, 3.0, |x| of.at(TIME, x).density);
    let x = |label: &str| Axis::linear(label, -3.0, 3.0, 1.0);
    let marginals = Panel {
        title: "Marginals at t = 0.85 of the linear path".to_owned(),
        x: x(""),
        y: Axis::linear("density", 0.0, 1.5, 0.5),
        curves: vec![density("data q", DATA), density("student p", STUDENT)],
    };
    let weights = Panel {
        title: "Weight of a student's point, p / (alpha p + (1 - alpha) q): at most 1/alpha"
            .to_owned(),
        x: x("x_t"),
        y: Axis::linear("weight", 0.0, 2.5, 0.5),
        curves: ALPHAS
            .map(|alpha| Curve::of(&format!("alpha = {alpha}"), -3.0, 3.0, |x| weight(alpha, x)))
            .into(),
    };
    Figure { panels: vec![marginals, weights], columns: 1 }
}

fn weight(alpha: f64, x: f64) -> f64 {
    let (p, q) = (STUDENT.at(TIME, x).density, DATA.at(TIME, x).density);
    p / (alpha * p + (1.0 - alpha) * q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_bounded_near_its_bound_in_the_gap_and_near_nothing_at_the_lost_mode() {
        for alpha in ALPHAS {
            for k in -300..=300 {
                assert!(weight(alpha, f64::from(k) / 100.0) <= 1.0 / alpha + 1e-12);
            }
            let (gap, lost) = (weight(alpha, 0.3), weight(alpha, -1.6 * TIME));
            assert!(gap > 0.98 / alpha, "alpha {alpha}: {gap} in the gap");
            let expected = 0.04 / (0.04 * alpha + 1.0 - alpha);
            assert!((lost - expected).abs() < 2e-3, "alpha {alpha}: {lost}, expected {expected}");
        }
    }
}
