/// Two Gaussian modes on the line, seen along the linear path x_t = t data + (1 - t) noise.
#[derive(Clone, Copy, Debug)]
pub struct TwoModes {
    /// Share of the first mode; the second has the rest.
    pub share: f64,
    pub means: [f64; 2],
    pub stds: [f64; 2],
}

/// What is known of one distribution at one point x_t.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// Density of x_t.
    pub density: f64,
    /// Mean of the data that came to x_t.
    pub data: f64,
}

impl TwoModes {
    /// Density of x_t and conditional mean of the data at `x`, at time `t` below 1.
    pub fn at(&self, t: f64, x: f64) -> Point {
        let (mut density, mut flux) = (0.0, 0.0);
        for (share, (mean, std)) in
            [self.share, 1.0 - self.share].into_iter().zip(self.means.into_iter().zip(self.stds))
        {
            let variance = (t * std).powi(2) + (1.0 - t).powi(2);
            let off = x - t * mean;
            let normal = (std::f64::consts::TAU * variance).sqrt();
            let mass = share * (-0.5 * off * off / variance).exp() / normal;
            density += mass;
            flux += mass * (mean + t * std * std / variance * off);
        }
        Point { density, data: flux / density }
    }
}

/// What a network on the linear path may predict: A x_t + B data, with A and B functions of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    Velocity,
    Data,
    Source,
}

impl Prediction {
    /// The prediction at `x` where the data's conditional mean is `data`.
    pub fn of_data(self, t: f64, x: f64, data: f64) -> f64 {
        match self {
            Self::Velocity => (data - x) / (1.0 - t),
            Self::Data => data,
            Self::Source => (x - t * data) / (1.0 - t),
        }
    }

    /// B, by which errors of the data become errors of this prediction.
    pub fn factor(self, t: f64) -> f64 {
        match self {
            Self::Velocity => 1.0 / (1.0 - t),
            Self::Data => 1.0,
            Self::Source => -t / (1.0 - t),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_has_mass_one_and_the_mean_of_the_data_is_kept() {
        let modes = TwoModes { share: 0.3, means: [-1.5, 1.0], stds: [0.4, 0.6] };
        let step = 0.01;
        let (mut mass, mut mean) = (0.0, 0.0);
        for k in -700..=700 {
            let point = modes.at(0.6, f64::from(k) * step);
            mass += point.density * step;
            mean += point.density * point.data * step;
        }
        assert!((mass - 1.0).abs() < 1e-12, "{mass}");
        assert!((mean - (0.3 * -1.5 + 0.7)).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn one_mode_has_the_closed_form_of_a_gaussian() {
        let one = TwoModes { share: 1.0, means: [0.5, 9.0], stds: [2.0, 1.0] };
        // At t = 0.5: variance 1 + 0.25, gain 0.5 * 4 / 1.25 = 1.6.
        let point = one.at(0.5, 1.25);
        assert!((point.data - (0.5 + 1.6)).abs() < 1e-14);
        assert!(
            (point.density - (-0.4f64).exp() / (std::f64::consts::TAU * 1.25).sqrt()).abs() < 1e-14
        );
    }

    #[test]
    fn predictions_are_linear_in_the_data_with_their_factor() {
        for prediction in [Prediction::Velocity, Prediction::Data, Prediction::Source] {
            let of = |data| prediction.of_data(0.7, 0.4, data);
            assert!((of(1.5) - of(0.5) - prediction.factor(0.7)).abs() < 1e-14, "{prediction:?}");
        }
    }
}
