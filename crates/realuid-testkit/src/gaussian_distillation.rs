/// A normal distribution on the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation, positive.
    pub std: f64,
}

/// One time of a path and one prediction, as the coefficients of data, source and latent.
#[derive(Clone, Copy, Debug)]
pub struct PathPoint {
    /// x_t = a data + b source + c latent.
    pub point: [f64; 3],
    /// The regression target as a combination of the same three.
    pub target: [f64; 3],
}

/// Distillation of Gaussians on the line at one time of a path, where everything is known exactly.
///
/// Source and latent are standard normal; the teacher is the exact field of the data.
#[derive(Clone, Copy, Debug)]
pub struct GaussianDistillation {
    /// The time and the prediction.
    pub path: PathPoint,
    /// What the generator makes.
    pub generator: Normal,
    /// What it should make.
    pub data: Normal,
    /// Share of the generated branch in the quadratic term.
    pub alpha: f64,
    /// Weight of the generated target.
    pub beta: f64,
    /// Weight of the teacher on the generated branch.
    pub gamma: f64,
}

/// Values of one point of the line that every integral below is made of.
struct At {
    generated_density: f64,
    real_density: f64,
    generated_field: f64,
    teacher: f64,
}

impl Normal {
    /// Logarithm of the density at `x`.
    pub fn log_density(&self, x: f64) -> f64 {
        let z = (x - self.mean) / self.std;
        -0.5 * z * z - self.std.ln() - 0.5 * std::f64::consts::TAU.ln()
    }
}

impl PathPoint {
    /// The distribution of x_t when the data end is `data`.
    pub fn marginal(&self, data: Normal) -> Normal {
        let [a, b, c] = self.point;
        Normal { mean: a * data.mean, std: ((a * data.std).powi(2) + b * b + c * c).sqrt() }
    }

    /// E[target | x_t = x] when the data end is `data`: a linear regression, since all is Gaussian.
    pub fn field(&self, data: Normal, x: f64) -> f64 {
        let variances = [data.std * data.std, 1.0, 1.0];
        let covariance: f64 = (0..3).map(|i| self.point[i] * self.target[i] * variances[i]).sum();
        let marginal = self.marginal(data);
        self.target[0] * data.mean + covariance / marginal.std.powi(2) * (x - marginal.mean)
    }
}

impl GaussianDistillation {
    /// The fake model minus the teacher at `x`, where the fake model maximises the objective.
    pub fn best_difference(&self, x: f64) -> f64 {
        let (numerator, density) = self.pull_and_density(&self.at_scaled(x).0);
        numerator / density
    }

    /// The objective's maximum over fake models, in closed form:
    /// integral of |p (beta f_G - gamma f*) + q (gamma - beta) f*|^2 / (alpha p + (1 - alpha) q).
    pub fn distance(&self) -> f64 {
        self.integrate(|x| {
            // Both densities are scaled by the larger one, so that tails do not become 0 / 0.
            let (at, log_scale) = self.at_scaled(x);
            let (numerator, density) = self.pull_and_density(&at);
            if numerator == 0.0 { 0.0 } else { log_scale.exp() * numerator * numerator / density }
        })
    }

    /// The objective of the fake model teacher + `difference`, by its definition: expectations over
    /// both marginals, each target replaced by its conditional mean.
    pub fn objective(&self, difference: impl Fn(f64) -> f64) -> f64 {
        let Self { alpha, beta, gamma, .. } = *self;
        self.integrate(|x| {
            let (at, log_scale) = self.at_scaled(x);
            let delta = difference(x);
            let generated = -alpha * delta * delta
                + 2.0 * delta * (beta * at.generated_field - gamma * at.teacher);
            // The teacher is exact, so it is also the conditional mean of the real target.
            let real = -(1.0 - alpha) * delta * delta
                + 2.0 * delta * ((1.0 - beta) * at.teacher - (1.0 - gamma) * at.teacher);
            log_scale.exp() * (at.generated_density * generated + at.real_density * real)
        })
    }

    fn pull_and_density(&self, at: &At) -> (f64, f64) {
        let Self { alpha, beta, gamma, .. } = *self;
        let (p, q) = (at.generated_density, at.real_density);
        let pull =
            p * (beta * at.generated_field - gamma * at.teacher) + q * (gamma - beta) * at.teacher;
        (pull, alpha * p + (1.0 - alpha) * q)
    }

    /// Densities divided by the larger of the two, and the logarithm of that one.
    fn at_scaled(&self, x: f64) -> (At, f64) {
        let p = self.path.marginal(self.generator).log_density(x);
        let q = self.path.marginal(self.data).log_density(x);
        let scale = p.max(q);
        let at = At {
            generated_density: (p - scale).exp(),
            real_density: (q - scale).exp(),
            generated_field: self.path.field(self.generator, x),
            teacher: self.path.field(self.data, x),
        };
        (at, scale)
    }

    /// Integral over the line of a function that falls off like the two marginals.
    ///
    /// The trapezoidal rule: on analytic functions that vanish at both ends its error falls
    /// exponentially with the number of points.
    fn integrate(&self, function: impl Fn(f64) -> f64) -> f64 {
        const POINTS_PER_DEVIATION: f64 = 64.0;
        const DEVIATIONS: f64 = 12.0;
        let marginals = [self.path.marginal(self.generator), self.path.marginal(self.data)];
        let low = marginals.iter().map(|m| m.mean - DEVIATIONS * m.std).fold(f64::MAX, f64::min);
        let high = marginals.iter().map(|m| m.mean + DEVIATIONS * m.std).fold(f64::MIN, f64::max);
        let step = marginals[0].std.min(marginals[1].std) / POINTS_PER_DEVIATION;
        let points = ((high - low) / step).ceil() as usize;
        (0..=points).map(|k| function(low + k as f64 * step)).sum::<f64>() * step
    }
}
