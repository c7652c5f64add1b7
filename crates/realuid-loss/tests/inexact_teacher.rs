//! Where the student of an inexact teacher comes to rest: with gamma = beta, at
//! teacher + (1 - 1/beta) (data - teacher), for two modes of which the teacher has the wrong shares;
//! with another gamma, where the objective's inner maximum is least.

mod common;

use candle_core::{Device, Tensor, Var};
use common::{column, scalar};
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_testkit::{GaussianMixture, Normal};

const MODES: [f64; 2] = [-1.5, 1.5];
const STD: f64 = 0.4;
/// Times of the linear path to look at, as the midpoints of so many equal intervals.
const TIMES: usize = 12;
const POINTS: usize = 251;
/// Ends of the grid: beyond 11 standard deviations of a mode late on the path, 6 of the noise.
const ENDS: [f64; 2] = [-6.0, 6.0];
/// The first mode's share in what the teacher learned, and in the data.
const TEACHER: f64 = 0.4;
const DATA: f64 = 0.5;

/// Two modes, the first with the given share of the mass.
fn modes(share: f64) -> GaussianMixture {
    GaussianMixture {
        weights: vec![share, 1.0 - share],
        means: MODES.iter().map(|mean| vec![*mean]).collect(),
        stds: vec![STD; 2],
    }
}

fn grid() -> Vec<f64> {
    let step = (ENDS[1] - ENDS[0]) / (POINTS - 1) as f64;
    (0..POINTS).map(|k| ENDS[0] + step * k as f64).collect()
}

/// Marginal density of x_t, [POINTS], and the velocity field, [POINTS, 1], on the grid.
struct Flow {
    density: Vec<f64>,
    velocity: Tensor,
}

/// The flow at time `t` to two modes of which the first has the given share.
fn flow(share: f64, t: f64) -> Flow {
    let modes = modes(share);
    let std = ((t * STD).powi(2) + (1.0 - t).powi(2)).sqrt();
    let density = grid().into_iter().map(|x| {
        let mode = |(share, mean): (&f64, f64)| {
            share * Normal { mean: t * mean, std }.log_density(x).exp()
        };
        modes.weights.iter().zip(MODES).map(mode).sum()
    });
    let density = density.collect();
    let times = Tensor::full(t, POINTS, &Device::Cpu).unwrap();
    Flow { density, velocity: modes.linear_velocity(&column(grid()), &times).unwrap() }
}

/// A weight per point that turns the loss's mean over the grid into the integral over the line.
fn weight(density: &[f64]) -> Tensor {
    let per_point = (ENDS[1] - ENDS[0]) / (POINTS - 1) as f64 * POINTS as f64;
    let weights: Vec<f64> = density.iter().map(|density| density * per_point).collect();
    Tensor::from_vec(weights, POINTS, &Device::Cpu).unwrap()
}

/// How hard the fake model, when it equals the teacher, is pulled away from it at time 0.7:
/// the largest gradient over the grid. Where this is zero, fake model = teacher is best.
fn pull(objective: RealUid, student: f64) -> f64 {
    let t = 0.7;
    let field = flow(TEACHER, t).velocity;
    let (student, data) = (flow(student, t), flow(DATA, t));
    let branch = |fake: &Var, end: &Flow| Branch {
        teacher: Some(field.clone()),
        fake: fake.as_tensor().clone(),
        target: end.velocity.clone(),
    };
    // One loss per marginal, since the weight is the density; of each only its own branch counts.
    let gradient = |of: &Flow, own: fn(&[Var; 2]) -> &Var| {
        let fakes = [Var::from_tensor(&field).unwrap(), Var::from_tensor(&field).unwrap()];
        let branches = Branches {
            generated: branch(&fakes[0], &student),
            real: Some(branch(&fakes[1], &data)),
            weight: Some(weight(&of.density)),
        };
        let loss = objective.fake_loss(&branches).unwrap().total;
        let gradients = loss.backward().unwrap();
        // Data-free, the real branch is not in the loss and its fake model has no gradient.
        gradients.get(own(&fakes)).cloned().unwrap_or_else(|| field.zeros_like().unwrap())
    };
    let sum = (gradient(&student, |f| &f[0]) + gradient(&data, |f| &f[1])).unwrap();
    sum.abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

/// The objective at its best fake model, by quadrature over x and t: what the student pays.
fn worth(objective: RealUid, student: f64) -> f64 {
    let times = (0..TIMES).map(|k| (k as f64 + 0.5) / TIMES as f64);
    times.map(|t| worth_at(objective, student, t)).sum::<f64>() / TIMES as f64
}

fn worth_at(objective: RealUid, student: f64, t: f64) -> f64 {
    let teacher = flow(TEACHER, t).velocity;
    let (student, data) = (flow(student, t), flow(DATA, t));
    let best = (&teacher + best_difference(objective, &teacher, &student, &data)).unwrap();
    let branch = |fake: &Tensor, end: &Flow| Branch {
        teacher: Some(teacher.clone()),
        fake: fake.clone(),
        target: end.velocity.clone(),
    };
    let generated = Branches {
        generated: branch(&best, &student),
        real: None,
        weight: Some(weight(&student.density)),
    };
    // A generated branch without difference contributes nothing to the second line.
    let real = Branches {
        generated: branch(&teacher, &student),
        real: Some(branch(&best, &data)),
        weight: Some(weight(&data.density)),
    };
    scalar(&objective.generator_loss(&generated).unwrap().total)
        - scalar(&objective.fake_loss(&real).unwrap().total)
}

/// [p (beta f_p - gamma f*) + q ((1 - beta) f_q - (1 - gamma) f*)] / (alpha p + (1 - alpha) q).
fn best_difference(objective: RealUid, teacher: &Tensor, p: &Flow, q: &Flow) -> Tensor {
    let (alpha, beta, gamma) = (objective.alpha(), objective.beta(), objective.gamma());
    let values = |field: &Tensor| field.flatten_all().unwrap().to_vec1::<f64>().unwrap();
    let (teacher, of_p, of_q) = (values(teacher), values(&p.velocity), values(&q.velocity));
    let difference = (0..POINTS).map(|k| {
        let generated = p.density[k] * (beta * of_p[k] - gamma * teacher[k]);
        let real = q.density[k] * ((1.0 - beta) * of_q[k] - (1.0 - gamma) * teacher[k]);
        (generated + real) / (alpha * p.density[k] + (1.0 - alpha) * q.density[k])
    });
    column(difference.collect())
}

/// The share at which the student pays least, to 1e-5.
fn resting_share(objective: RealUid) -> f64 {
    let (mut low, mut high) = (0.2, 0.6);
    while high - low > 1e-5 {
        let third = (high - low) / 3.0;
        if worth(objective, low + third) < worth(objective, high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    f64::midpoint(low, high)
}

fn equal_gamma(alpha: f64, beta: f64) -> RealUid {
    RealUid::new(alpha, beta).unwrap().with_gamma(beta).unwrap()
}

#[test]
fn correction_closes_its_fraction_of_the_gap() {
    for fraction in [0.0, 1.0 / 6.0, 1.0 / 3.0, 0.5] {
        let objective = RealUid::correction(fraction).unwrap();
        let rest = TEACHER + fraction * (DATA - TEACHER);
        let (at_rest, off) = (pull(objective, rest), pull(objective, rest + 0.02));
        assert!(at_rest < 1e-15, "fraction {fraction}: pulled by {at_rest} at rest");
        assert!(off > 1e-5, "fraction {fraction}: pulled by only {off} beside it");
    }
}

#[test]
fn below_one_the_student_overshoots_and_data_free_it_is_the_teacher() {
    assert!(pull(RealUid::uid(), TEACHER) < 1e-15);
    // beta = 0.5: teacher + (1 - 2) (data - teacher) = 0.3, away from the data.
    let objective = RealUid::new(0.5, 0.5).unwrap();
    assert!(pull(objective, 0.3) < 1e-15);
    assert!(pull(objective, TEACHER) > 1e-5);
}

#[test]
fn with_gamma_as_beta_the_minimum_is_the_laws_and_worth_nothing() {
    // Figures of docs/theory.md, section 5; beta alone decides, alpha only weights.
    let figures = [
        (0.5, 1.2, 0.417),
        (0.5, 1.5, 0.433),
        (0.5, 2.0, 0.450),
        (0.9, 2.0, 0.450),
        (0.9, 0.9, 0.389),
        (0.5, 0.5, 0.300),
    ];
    for (alpha, beta, figure) in figures {
        let objective = equal_gamma(alpha, beta);
        let (rest, law) =
            (resting_share(objective), TEACHER + (1.0 - 1.0 / beta) * (DATA - TEACHER));
        assert!((rest - law).abs() < 1e-5, "({alpha}, {beta}): rests at {rest}, by the law {law}");
        assert!((rest - figure).abs() < 5e-4, "({alpha}, {beta}): rests at {rest}, not {figure}");
        let (at_rest, beside) = (worth(objective, law), worth(objective, law + 0.02));
        assert!(at_rest.abs() < 1e-13, "({alpha}, {beta}): worth {at_rest} at rest");
        assert!(beside > 1e-6, "({alpha}, {beta}): worth only {beside} beside it");
    }
}

#[test]
fn the_papers_settings_rest_near_the_teacher_at_a_price() {
    let figures =
        [(0.92, 0.94, 0.394), (0.98, 0.96, 0.396), (0.92, 0.86, 0.384), (0.94, 1.0, 0.401)];
    for (alpha, beta, figure) in figures {
        let objective = RealUid::new(alpha, beta).unwrap();
        let rest = resting_share(objective);
        assert!((rest - figure).abs() < 5e-4, "({alpha}, {beta}): rests at {rest}, not {figure}");
        // gamma = alpha differs from beta: no student makes teacher and data agree.
        let price = worth(objective, rest);
        assert!(price > 1e-5, "({alpha}, {beta}): worth only {price}");
    }
}
