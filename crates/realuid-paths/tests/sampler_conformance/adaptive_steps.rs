//! What the adaptive sampler chooses, reports and refuses.

use std::cell::Cell;

use candle_core::Tensor;
use realuid_paths::{Adaptive, AdaptiveSolution, Error, Result};

use crate::problem::tensor;

fn with_tolerance(tolerance: f64) -> Adaptive {
    Adaptive { relative_tolerance: tolerance, absolute_tolerance: tolerance, ..Adaptive::default() }
}

/// dx/dt = x cos t: x(t) = x(0) e^{sin t}.
fn swing(x: &Tensor, t: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_mul(&t.cos()?.unsqueeze(1)?)?)
}

/// dx/dt = 1 / (1 + ((t - 1) / w)^2), w = 0.02: slow but for a moment around t = 1.
fn sudden(x: &Tensor, t: &Tensor) -> Result<Tensor> {
    let slope = t.affine(50.0, -50.0)?.sqr()?.affine(1.0, 1.0)?.recip()?;
    Ok(x.zeros_like()?.broadcast_add(&slope.unsqueeze(1)?)?)
}

fn first(solution: &AdaptiveSolution) -> f64 {
    solution.x.get(0).unwrap().get(0).unwrap().to_scalar().unwrap()
}

#[test]
fn the_error_follows_the_tolerance() {
    for (from, to) in [(0.0_f64, 3.0_f64), (3.0, 0.0)] {
        let exact = (to.sin() - from.sin()).exp();
        let mut last = 0;
        for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
            let end =
                with_tolerance(tolerance).integrate(&swing, &tensor(&[1.0]), from, to).unwrap();
            let error = (first(&end) - exact).abs();
            assert!(error < 10.0 * tolerance, "{error} at {tolerance}");
            assert!(end.accepted > last, "{} steps at {tolerance}", end.accepted);
            last = end.accepted;
        }
        // A fifth-order method needs 10 times the steps for 10^5 times the accuracy, not more.
        assert!(last < 150, "{last} steps");
    }
}

#[test]
fn steps_and_evaluations_are_reported() {
    let evaluations = Cell::new(0);
    let counted = |x: &Tensor, t: &Tensor| {
        evaluations.set(evaluations.get() + 1);
        sudden(x, t)
    };
    let end = with_tolerance(1e-6).integrate(&counted, &tensor(&[2.0]), 0.0, 2.0).unwrap();
    assert!(end.rejected > 0 && end.accepted > 10, "{end:?}");
    assert_eq!(end.evaluations, 1 + 6 * (end.accepted + end.rejected));
    assert_eq!(end.evaluations, evaluations.get());
    // The integral is w (atan((2 - 1) / w) - atan((0 - 1) / w)).
    let exact = 2.0 + 0.04 * 50.0_f64.atan();
    assert!((first(&end) - exact).abs() < 1e-5, "{end:?}");
}

#[test]
fn the_worst_item_decides() {
    // Beside many items at rest, a moving one is integrated as well as alone.
    let mut points = vec![0.0; 1000];
    points[0] = 1.0;
    let end = with_tolerance(1e-8).integrate(&swing, &tensor(&points), 0.0, 3.0).unwrap();
    assert!((first(&end) - 3.0_f64.sin().exp()).abs() < 1e-7);
}

#[test]
fn a_field_at_rest_takes_few_steps() {
    let rest = |x: &Tensor, _: &Tensor| Ok(x.zeros_like()?);
    let end = Adaptive::default().integrate(&rest, &tensor(&[2.0]), 0.0, 1.0).unwrap();
    assert!(end.accepted <= 4 && end.rejected == 0, "{end:?}");
    assert!((first(&end) - 2.0).abs() < f64::EPSILON);
}

#[test]
fn what_cannot_be_met_is_said() {
    // dx/dt = x^2 from 1 is infinite at t = 1.
    let explosive = |x: &Tensor, _: &Tensor| Ok(x.sqr()?);
    let error = Adaptive::default().integrate(&explosive, &tensor(&[1.0]), 0.0, 2.0).unwrap_err();
    let Error::StepTooSmall { time, step, minimum } = error else { panic!("{error}") };
    assert!((time - 1.0).abs() < 1e-2 && step < minimum, "{time} {step} {minimum}");
    let broken = |x: &Tensor, _: &Tensor| Ok((x * f64::NAN)?);
    let error = Adaptive::default().integrate(&broken, &tensor(&[1.0]), 0.0, 2.0).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn numbers_that_make_no_sampler_are_refused() {
    let refused = |adaptive: Adaptive, from: f64, to: f64| {
        let message =
            adaptive.integrate(&swing, &tensor(&[1.0]), from, to).unwrap_err().to_string();
        assert!(message.contains("positive tolerances"), "{message}");
    };
    refused(with_tolerance(0.0), 0.0, 1.0);
    refused(with_tolerance(f64::NAN), 0.0, 1.0);
    refused(Adaptive { minimum_step: 0.0, ..Adaptive::default() }, 0.0, 1.0);
    refused(Adaptive::default(), 1.0, 1.0);
    refused(Adaptive::default(), 0.0, f64::INFINITY);
}
