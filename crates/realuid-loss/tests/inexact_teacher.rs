//! Where the student of an inexact teacher comes to rest: with gamma = beta, at
//! teacher + (1 - 1/beta) (data - teacher), for two modes of which the teacher has the wrong shares.

mod common;

use candle_core::{Device, Tensor, Var};
use common::column;
use realuid_loss::{Branch, Branches, Objective, RealUid};
use realuid_testkit::{GaussianMixture, Normal};

const MODES: [f64; 2] = [-1.5, 1.5];
const STD: f64 = 0.4;
const TIME: f64 = 0.7;
const POINTS: usize = 401;

/// Two modes, the first with the given share of the mass.
fn modes(share: f64) -> GaussianMixture {
    GaussianMixture {
        weights: vec![share, 1.0 - share],
        means: MODES.iter().map(|mean| vec![*mean]).collect(),
        stds: vec![STD; 2],
    }
}

fn grid() -> Vec<f64> {
    (0..POINTS).map(|k| -4.0 + 8.0 * k as f64 / (POINTS - 1) as f64).collect()
}

fn velocity(of: &GaussianMixture) -> Tensor {
    let t = Tensor::full(TIME, POINTS, &Device::Cpu).unwrap();
    of.linear_velocity(&column(grid()), &t).unwrap()
}

/// Density of x_t at the points of the grid, [POINTS].
fn density(of: &GaussianMixture) -> Tensor {
    let std = ((TIME * STD).powi(2) + (1.0 - TIME).powi(2)).sqrt();
    let values = grid().into_iter().map(|x| {
        let mode = |(share, mean): (&f64, f64)| {
            share * Normal { mean: TIME * mean, std }.log_density(x).exp()
        };
        of.weights.iter().zip(MODES).map(mode).sum()
    });
    Tensor::from_vec(values.collect::<Vec<f64>>(), POINTS, &Device::Cpu).unwrap()
}

/// How hard the fake model, when it equals the teacher, is pulled away from it: the largest gradient
/// over the grid. The student rests where this is zero, because then fake model = teacher is best.
fn pull(objective: RealUid, teacher: f64, data: f64, student: f64) -> f64 {
    let (teacher, data, student) = (modes(teacher), modes(data), modes(student));
    let field = velocity(&teacher);
    let branch = |fake: &Var, end: &GaussianMixture| Branch {
        teacher: Some(field.clone()),
        fake: fake.as_tensor().clone(),
        target: velocity(end),
    };
    // One loss per marginal, since the weight is the density; of each only its own branch counts.
    let gradient = |weight: &GaussianMixture, own: fn(&[Var; 2]) -> &Var| {
        let fakes = [Var::from_tensor(&field).unwrap(), Var::from_tensor(&field).unwrap()];
        let branches = Branches {
            generated: branch(&fakes[0], &student),
            real: Some(branch(&fakes[1], &data)),
            weight: Some(density(weight)),
        };
        let loss = objective.fake_loss(&branches).unwrap().total;
        let gradients = loss.backward().unwrap();
        // Data-free, the real branch is not in the loss and its fake model has no gradient.
        match gradients.get(own(&fakes)) {
            Some(gradient) => (gradient * POINTS as f64).unwrap(),
            None => field.zeros_like().unwrap(),
        }
    };
    let sum = (gradient(&student, |f| &f[0]) + gradient(&data, |f| &f[1])).unwrap();
    sum.abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

#[test]
fn correction_closes_its_fraction_of_the_gap() {
    let (teacher, data) = (0.4, 0.5);
    for fraction in [0.0, 1.0 / 6.0, 1.0 / 3.0, 0.5] {
        let objective = RealUid::correction(fraction).unwrap();
        let rest = teacher + fraction * (data - teacher);
        let (at_rest, off) =
            (pull(objective, teacher, data, rest), pull(objective, teacher, data, rest + 0.02));
        assert!(at_rest < 1e-14, "fraction {fraction}: pulled by {at_rest} at rest");
        assert!(off > 1e-3, "fraction {fraction}: pulled by only {off} beside it");
    }
}

#[test]
fn below_one_the_student_overshoots_and_data_free_it_is_the_teacher() {
    let (teacher, data) = (0.4, 0.5);
    assert!(pull(RealUid::uid(), teacher, data, teacher) < 1e-14);
    // beta = 0.5: teacher + (1 - 2) (data - teacher) = 0.3, away from the data.
    let objective = RealUid::new(0.5, 0.5).unwrap();
    assert!(pull(objective, teacher, data, 0.3) < 1e-14);
    assert!(pull(objective, teacher, data, teacher) > 1e-3);
}
