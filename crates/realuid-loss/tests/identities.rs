//! RealUID against other ways to write it.

mod common;

use candle_core::{Device, Tensor, Var};
use common::{branches, scalar, tracked, variables};
use realuid_loss::{Branches, Error, Loss, Objective, RealUid, matching_loss};
use realuid_testkit::{assert_close, assert_gradients};

fn gradient(total: &Tensor, of: &Var) -> Tensor {
    total.backward().unwrap().get(of).expect("a gradient").clone()
}

/// alpha E_p |f - (beta/alpha) y|^2 + (1-alpha) E_q |f - (1-beta)/(1-alpha) y|^2, the paper's
/// matching of f by generated and real data, for f the teacher or the fake model.
fn squared_form(alpha: f64, beta: f64, branches: &Branches, of_teacher: bool) -> Tensor {
    let real = branches.real.as_ref().unwrap();
    let line = |branch: &realuid_loss::Branch, share: f64, weight: f64| {
        let teacher = branch.teacher.as_ref().unwrap();
        let model = if of_teacher { teacher } else { &branch.fake };
        let target = (&branch.target * (weight / share)).unwrap();
        (matching_loss(model, &target, None).unwrap() * share).unwrap()
    };
    (line(&branches.generated, alpha, beta) + line(real, 1.0 - alpha, 1.0 - beta)).unwrap()
}

#[test]
fn gamma_equal_alpha_is_the_papers_squared_form() {
    // J = RealUM(teacher) - RealUM(fake): equal in value, and in gradient for whoever is trained.
    for (alpha, beta) in [(0.92, 0.94), (0.5, 0.8), (0.85, 1.3)] {
        let objective = RealUid::new(alpha, beta).unwrap();
        let inputs = variables();
        let both = branches(&tracked(&inputs));
        let teacher = squared_form(alpha, beta, &both, true);
        let squared = (teacher - squared_form(alpha, beta, &both, false)).unwrap();

        let fake = objective.fake_loss(&both).unwrap().total;
        assert!((scalar(&squared) + scalar(&fake)).abs() < 1e-12);
        for fake_model in [1, 4] {
            let expected = gradient(&squared, &inputs[fake_model]).neg().unwrap();
            assert_close(&gradient(&fake, &inputs[fake_model]), &expected, 1e-13);
        }
        let generator = objective.generator_loss(&both).unwrap().total;
        for generated in [0, 1, 2] {
            let expected = gradient(&squared, &inputs[generated]);
            assert_close(&gradient(&generator, &inputs[generated]), &expected, 1e-13);
        }
    }
}

#[test]
fn without_the_teacher_the_fake_step_has_the_same_gradient() {
    for (alpha, beta) in [(1.0, 1.0), (0.92, 0.94), (1.0, 0.9)] {
        let objective = RealUid::new(alpha, beta).unwrap();
        assert!(!objective.fake_needs_teacher());
        let inputs = variables();
        let both = branches(&tracked(&inputs));
        let mut blind = both.clone();
        blind.generated.teacher = None;
        blind.real.as_mut().unwrap().teacher = None;
        let of = |branches| objective.fake_loss(branches).unwrap().total;
        // Data-free, nothing of the real branch is left.
        let fake_models = if objective.uses_data() { &[1, 4][..] } else { &[1] };
        for &fake_model in fake_models {
            let [a, b] =
                [&both, &blind].map(|branches| gradient(&of(branches), &inputs[fake_model]));
            assert_close(&a, &b, 0.0);
        }
    }
    let mut blind = branches(&tracked(&variables()));
    blind.generated.teacher = None;
    let objective = RealUid::new(0.9, 0.95).unwrap();
    let error = objective.generator_loss(&blind).unwrap_err();
    assert!(matches!(error, Error::MissingTeacher { .. }), "{error}");
    let objective = objective.with_gamma(0.95).unwrap();
    assert!(objective.fake_needs_teacher());
    let error = objective.fake_loss(&blind).unwrap_err();
    assert!(matches!(error, Error::MissingTeacher { .. }), "{error}");
}

#[test]
fn uid_is_the_difference_of_two_matching_losses() {
    // |f* - y|^2 - |f - y|^2 = 2 <f* - f, f* - y> - |f* - f|^2
    let tensors = tracked(&variables()[..3]);
    let (teacher, fake, target) = (&tensors[0], &tensors[1], &tensors[2]);
    let expected = (matching_loss(teacher, target, None).unwrap()
        - matching_loss(fake, target, None).unwrap())
    .unwrap();
    let branches = branches(&tensors);
    let generator = RealUid::uid().generator_loss(&branches).unwrap().total;
    let fake = RealUid::uid().fake_loss(&branches).unwrap().total;
    assert!((scalar(&generator) - scalar(&expected)).abs() < 1e-13);
    assert!((scalar(&fake) + scalar(&expected)).abs() < 1e-13);
}

#[test]
fn alpha_one_still_sees_the_data_when_beta_differs() {
    let inputs = variables();
    let both = branches(&tracked(&inputs));
    let objective = RealUid::new(1.0, 0.9).unwrap();
    assert!(objective.uses_data());
    let found = gradient(&objective.fake_loss(&both).unwrap().total, &inputs[4]);
    // d/df of -2 (1 - beta) <f - f*, y*>, mean over the batch of 4.
    let expected = (inputs[5].as_tensor() * (-2.0 * 0.1 / 4.0)).unwrap();
    assert_close(&found, &expected, 1e-14);
}

#[test]
fn kappa_changes_the_quadratic_term_of_the_generator_alone() {
    let both = branches(&tracked(&variables()));
    let plain = RealUid::new(0.9, 0.95).unwrap();
    let scaled = plain.with_kappa(2.4).unwrap();
    let term = |loss: &Loss, name: &str| {
        scalar(&loss.terms.iter().find(|(found, _)| *found == name).expect("the term").1)
    };
    let (one, other) =
        (plain.generator_loss(&both).unwrap(), scaled.generator_loss(&both).unwrap());
    let quadratic = "generated.quadratic";
    assert!((term(&other, quadratic) - 2.4 * term(&one, quadratic)).abs() < 1e-12);
    assert_eq!(
        term(&other, "generated.linear").to_bits(),
        term(&one, "generated.linear").to_bits()
    );
    let fake = |o: &RealUid| scalar(&o.fake_loss(&both).unwrap().total).to_bits();
    assert_eq!(fake(&plain), fake(&scaled));
}

#[test]
fn weights_multiply_items() {
    let mut weighted = branches(&tracked(&variables()));
    weighted.weight = Some(Tensor::new(&[0.0, 0.0, 4.0, 0.0], &Device::Cpu).unwrap());
    let third: Vec<Tensor> =
        variables().iter().map(|v| v.as_tensor().narrow(0, 2, 1).unwrap()).collect();
    let objective = RealUid::new(0.8, 1.2).unwrap();
    let (found, expected) =
        (objective.fake_loss(&weighted).unwrap(), objective.fake_loss(&branches(&third)).unwrap());
    assert!((scalar(&found.total) - scalar(&expected.total)).abs() < 1e-13);
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let objective =
        RealUid::new(0.7, 1.4).and_then(|o| o.with_gamma(1.1)).and_then(|o| o.with_kappa(1.7));
    let objective = objective.unwrap();
    assert_gradients(&[&[2, 3], &[2, 3], &[2, 3]], |inputs| {
        objective.generator_loss(&branches(inputs)).map(|loss| loss.total)
    });
    assert_gradients(&[&[2, 3], &[2, 3]], |inputs| matching_loss(&inputs[0], &inputs[1], None));
}

#[test]
fn losses_add_and_their_terms_carry_no_gradient() {
    let inputs = variables();
    let both = branches(&tracked(&inputs));
    let loss = RealUid::new(0.9, 0.9).unwrap().fake_loss(&both).unwrap();
    assert!(loss.terms.iter().all(|(_, term)| !term.track_op()));
    let twice = loss.clone().plus(loss.clone()).unwrap();
    assert!((scalar(&twice.total) - 2.0 * scalar(&loss.total)).abs() < 1e-12);
    assert_eq!(twice.terms.len(), 8);
}

#[test]
fn needed_real_data_must_be_there() {
    let generated = branches(&tracked(&variables()[..3]));
    let needing = [
        RealUid::new(0.9, 1.0).unwrap(),
        RealUid::new(1.0, 0.9).unwrap(),
        RealUid::uid().with_gamma(0.9).unwrap(),
        RealUid::correction(0.5).unwrap(),
        RealUid::correction(0.0).unwrap(),
    ];
    for objective in needing {
        assert!(objective.uses_data());
        let error = objective.fake_loss(&generated).unwrap_err();
        assert!(matches!(error, Error::MissingReal { .. }), "{error}");
        assert!(objective.generator_loss(&generated).is_ok());
    }
    assert!(!RealUid::uid().uses_data() && RealUid::uid().fake_loss(&generated).is_ok());
}

fn bits<const N: usize>(values: [f64; N]) -> [u64; N] {
    values.map(f64::to_bits)
}

#[test]
fn coefficients_are_checked() {
    for (alpha, beta) in [(0.0, 1.0), (1.1, 1.0), (f64::NAN, 1.0), (0.5, 0.0), (0.5, f64::INFINITY)]
    {
        assert!(RealUid::new(alpha, beta).is_err(), "{alpha} {beta}");
    }
    assert!(RealUid::uid().with_gamma(-1.0).is_err() && RealUid::uid().with_kappa(0.0).is_err());
    assert!(RealUid::correction(1.0).is_err() && RealUid::correction(-0.1).is_err());
    let plain = RealUid::new(0.92, 0.94).unwrap();
    assert_eq!(bits([plain.gamma(), plain.kappa()]), bits([0.92, 1.0]));
    let half = RealUid::correction(0.5).unwrap();
    assert_eq!(bits([half.alpha(), half.beta(), half.gamma()]), bits([0.5, 2.0, 2.0]));
    let message = RealUid::new(1.5, 1.0).unwrap_err().to_string();
    assert_eq!(message, "making an objective: expected 0 < alpha <= 1, found alpha = 1.5");
}

#[test]
fn shapes_that_disagree_are_errors() {
    let mut bad = branches(&tracked(&variables()));
    bad.generated.target = bad.generated.target.narrow(2, 0, 1).unwrap();
    let message = RealUid::uid().generator_loss(&bad).unwrap_err().to_string();
    assert!(message.contains("[4, 3, 2]") && message.contains("[4, 3, 1]"), "{message}");
    let mut bad = branches(&tracked(&variables()));
    bad.weight = Some(Tensor::new(&[1.0, 1.0], &Device::Cpu).unwrap());
    assert!(RealUid::uid().fake_loss(&bad).unwrap_err().to_string().contains("[4]"));
    let empty = Tensor::zeros((0, 2), candle_core::DType::F64, &Device::Cpu).unwrap();
    assert!(matching_loss(&empty, &empty, None).is_err());
    let lone = Tensor::new(1.0, &Device::Cpu).unwrap();
    assert!(matching_loss(&lone, &lone, None).is_err());
}

#[test]
fn gamma_equal_beta_does_not_depend_on_the_parametrisation() {
    // f = a x_t + b g and y = a x_t + b y_g: the loss in f is b^2 times the loss in g.
    let (a, b) = (0.7, -1.6);
    let plain = tracked(&variables());
    let point = realuid_testkit::formula_normal("x_t", (4, 3, 2)).unwrap();
    let moved: Vec<Tensor> =
        plain.iter().map(|g| ((&point * a).unwrap() + (g * b).unwrap()).unwrap()).collect();
    let value = |objective: RealUid, tensors: &[Tensor]| {
        scalar(&objective.fake_loss(&branches(tensors)).unwrap().total)
    };
    let invariant = RealUid::correction(0.4).unwrap();
    let off = value(invariant, &moved) - b * b * value(invariant, &plain);
    assert!(off.abs() < 1e-12, "off by {off}");
    let other = RealUid::new(0.5, 1.2).unwrap();
    assert!((value(other, &moved) - b * b * value(other, &plain)).abs() > 0.1);
}
