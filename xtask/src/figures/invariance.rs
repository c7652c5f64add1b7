use super::axis::Axis;
use super::chart::{Curve, Figure, Panel};
use super::correction::{DATA, TEACHER, modes};
use super::mixture::Prediction;
use super::worth::{Coefficients, Game};

const TIME: f64 = 0.5;
const PREDICTIONS: [(&str, Prediction); 3] = [
    ("velocity", Prediction::Velocity),
    ("data", Prediction::Data),
    ("source", Prediction::Source),
];
const EQUAL: Coefficients = Coefficients { alpha: 0.92, beta: 0.86, gamma: 0.86 };
const APART: Coefficients = Coefficients { alpha: 0.92, beta: 0.86, gamma: 0.92 };

/// The objective of one student in three predictions, each divided by its B^2: one curve where
/// gamma = beta, three where it is not.
pub fn figure() -> Figure {
    let panel = |title: &str, coefficients: Coefficients| Panel {
        title: title.to_owned(),
        x: Axis::linear("student's share of the first mode", 0.36, 0.42, 0.01),
        y: Axis::linear("max J / B^2 at t = 0.5, times 1000", 0.0, 1.0, 0.25),
        curves: PREDICTIONS
            .map(|(name, prediction)| {
                Curve::of(name, 0.36, 0.42, |share| 1e3 * scaled(coefficients, prediction, share))
            })
            .into(),
    };
    let panels = vec![
        panel("gamma = beta: 0.92, 0.86, 0.86", EQUAL),
        panel("gamma other than beta: 0.92, 0.86, 0.92", APART),
    ];
    Figure { panels, columns: 2 }
}

/// The objective in units of the data prediction.
fn scaled(coefficients: Coefficients, prediction: Prediction, share: f64) -> f64 {
    let game =
        Game { student: modes(share), teacher: modes(TEACHER), data: modes(DATA), prediction };
    coefficients.worth_at(&game, TIME) / prediction.factor(TIME).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_agree_where_gamma_is_beta_and_nowhere_else() {
        for share in [0.3, 0.38, 0.45] {
            let in_data = scaled(EQUAL, Prediction::Data, share);
            for (name, prediction) in PREDICTIONS {
                let found = scaled(EQUAL, prediction, share);
                assert!(
                    (found / in_data - 1.0).abs() < 1e-9,
                    "{name} at {share}: {found}, {in_data}"
                );
            }
            let apart = PREDICTIONS.map(|(_, prediction)| scaled(APART, prediction, share));
            let [velocity, data, source] = apart;
            assert!((velocity - data).abs() > 1e-5 && (source - data).abs() > 1e-5, "{apart:?}");
        }
    }
}
