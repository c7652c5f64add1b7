use super::mixture::{Prediction, TwoModes};

/// Half the width of the grid over x: beyond 11 standard deviations of a mode late on the path, 6 of
/// the noise.
const END: f64 = 6.0;
const POINTS: usize = 301;
/// Times of the linear path, as the midpoints of so many equal intervals.
const TIMES: usize = 24;

/// Coefficients of the objective.
#[derive(Clone, Copy, Debug)]
pub struct Coefficients {
    pub alpha: f64,
    pub beta: f64,
    pub gamma: f64,
}

/// One student's game: what the generator makes, what the teacher learned, what the data are.
#[derive(Clone, Copy, Debug)]
pub struct Game {
    pub student: TwoModes,
    pub teacher: TwoModes,
    pub data: TwoModes,
    pub prediction: Prediction,
}

impl Coefficients {
    pub fn new(alpha: f64, beta: f64, gamma: f64) -> Self {
        Self { alpha, beta, gamma }
    }

    /// The preset `correction`, which closes this fraction of the gap from teacher to data.
    pub fn correction(fraction: f64) -> Self {
        let beta = 1.0 / (1.0 - fraction);
        Self::new(0.5, beta, beta)
    }

    /// max over f of J at time `t`: the integral over x of |N|^2 / (alpha p + (1 - alpha) q)
    /// (`docs/theory.md`, section 4).
    pub fn worth_at(self, game: &Game, t: f64) -> f64 {
        let step = 2.0 * END / (POINTS - 1) as f64;
        // The integrand vanishes at both ends, so this sum is the trapezoidal rule.
        (0..POINTS).map(|k| self.integrand(game, t, -END + step * k as f64)).sum::<f64>() * step
    }

    /// The same, averaged over uniform times.
    pub fn worth(self, game: &Game) -> f64 {
        let times = (0..TIMES).map(|k| (k as f64 + 0.5) / TIMES as f64);
        times.map(|t| self.worth_at(game, t)).sum::<f64>() / TIMES as f64
    }

    fn integrand(self, game: &Game, t: f64, x: f64) -> f64 {
        let at = |modes: &TwoModes| {
            let point = modes.at(t, x);
            (point.density, game.prediction.of_data(t, x, point.data))
        };
        let ((p, of_p), (q, of_q), (_, teacher)) =
            (at(&game.student), at(&game.data), at(&game.teacher));
        let numerator = p * (self.beta * of_p - self.gamma * teacher)
            + q * ((1.0 - self.beta) * of_q - (1.0 - self.gamma) * teacher);
        numerator * numerator / (self.alpha * p + (1.0 - self.alpha) * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaussian(mean: f64, std: f64) -> TwoModes {
        TwoModes { share: 1.0, means: [mean; 2], stds: [std; 2] }
    }

    #[test]
    fn data_free_it_is_the_distance_of_the_fields() {
        // Equal spread, means m apart: E[data | x] differs by m (1 - t^2 s^2 / variance) everywhere.
        let (t, std, apart) = (0.6, 0.5, 0.8);
        let data = gaussian(0.0, std);
        let prediction = Prediction::Data;
        let game = Game { student: gaussian(apart, std), teacher: data, data, prediction };
        let variance = (t * std).powi(2) + (1.0 - t).powi(2);
        let expected = (apart * (1.0 - (t * std).powi(2) / variance)).powi(2);
        let found = Coefficients::new(1.0, 1.0, 1.0).worth_at(&game, t);
        assert!((found - expected).abs() < 1e-12, "{found}, expected {expected}");
    }

    #[test]
    fn a_perfect_student_of_an_exact_teacher_pays_nothing() {
        let data = TwoModes { share: 0.3, means: [-1.5, 1.5], stds: [0.4, 0.4] };
        for coefficients in [Coefficients::new(0.9, 0.8, 0.95), Coefficients::correction(0.5)] {
            let game =
                Game { student: data, teacher: data, data, prediction: Prediction::Velocity };
            assert!(coefficients.worth(&game) < 1e-24);
        }
    }
}
