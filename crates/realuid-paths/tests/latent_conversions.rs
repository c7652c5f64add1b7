//! Conversions on paths with latent at their ends: limits, and errors that say what is open.

mod common;

use candle_core::Tensor;
use common::{three_ends, times};
use realuid_paths::{
    BrownianBridge, DdbmVe, DdbmVp, Gamma, Interpolant, KnownEnd, KnownPoint, Linear, Prediction,
    Result, StochasticInterpolant, VpLinear,
};
use realuid_testkit::{assert_close, assert_gradients, formula_normal};

use Prediction::{Data, Drift, Latent, Score, Source, V, Velocity};

fn bridge() -> BrownianBridge {
    BrownianBridge::new(0.5).unwrap()
}

fn interpolant(gamma: Gamma) -> StochasticInterpolant {
    StochasticInterpolant::new(gamma).unwrap()
}

#[test]
fn the_drift_of_a_brownian_bridge_is_what_is_left_over_the_time_left() {
    let (ends, t) = (three_ends(3), times(&[0.2, 0.5, 1.0]));
    let x = bridge().interpolate(&ends, &t).unwrap();
    let expected = (&ends.data - &x).unwrap().broadcast_div(&t.unsqueeze(1).unwrap()).unwrap();
    assert_close(&bridge().target(Drift, &ends, &t).unwrap(), &expected, 1e-13);
    // At the source end a generator takes the data from it: x + drift, nothing divided.
    let data = bridge().convert(&expected, Drift, Data, &x, &t).unwrap();
    assert_close(&data, &ends.data, 1e-13);
}

#[test]
fn the_drift_over_a_diffusion_is_its_reverse_pinned_at_the_data() {
    // -f x + g^2 (alpha data - x) / sigma^2, f = alpha'/alpha, g^2 = (sigma^2)' - 2 f sigma^2 of the
    // reference diffusion: what Doob's transform gives.
    let (path, reference) = (DdbmVp::new(0.1, 2.1).unwrap(), VpLinear::new(0.1, 2.1).unwrap());
    let (ends, t) = (three_ends(4), times(&[0.1, 0.4, 0.8, 1.0]));
    let x = path.interpolate(&ends, &t).unwrap();
    let k = reference.coefficients(&t).unwrap();
    let f = (&k.data_rate / &k.data).unwrap();
    let variance = k.source.sqr().unwrap();
    let growth = ((&k.source * &k.source_rate).unwrap() * 2.0).unwrap();
    let diffusion = (growth - ((&f * &variance).unwrap() * 2.0).unwrap()).unwrap();
    let pull = (diffusion / variance).unwrap();
    let scale = |by: &Tensor, of: &Tensor| of.broadcast_mul(&by.unsqueeze(1).unwrap()).unwrap();
    let away = (scale(&k.data, &ends.data) - &x).unwrap();
    let expected = (scale(&pull, &away) - scale(&f, &x)).unwrap();
    assert_close(&path.target(Drift, &ends, &t).unwrap(), &expected, 1e-11);
}

#[test]
fn data_beside_a_known_source_gives_the_latent_its_mean_at_the_ends() {
    let (ends, t) = (three_ends(2), times(&[0.0, 1.0]));
    let x = bridge().interpolate(&ends, &t).unwrap();
    let point = KnownPoint { x: &x, t: &t, known: KnownEnd::Source(&ends.source) };
    let latent = bridge().convert_given(&point, &ends.data, Data, Latent).unwrap();
    assert_close(&latent, &latent.zeros_like().unwrap(), 0.0);
    // In noise levels the rate at the data end is finite: there the velocity is its mean, 0.
    let path = DdbmVe::new(5.0).unwrap();
    let point = KnownPoint { t: &times(&[0.0, 0.0]), ..point };
    let velocity = path.convert_given(&point, &ends.data, Data, Velocity).unwrap();
    assert_close(&velocity, &latent.zeros_like().unwrap(), 0.0);
}

#[test]
fn velocity_and_latent_of_an_interpolant_give_its_ends_at_both_ends() {
    let path = interpolant(Gamma::Quadratic { scale: 1.0 });
    let (ends, t) = (three_ends(2), times(&[0.0, 1.0]));
    let x = path.interpolate(&ends, &t).unwrap();
    let latent = ends.latent.clone().unwrap();
    let point = KnownPoint { x: &x, t: &t, known: KnownEnd::Latent(&latent) };
    let velocity = path.target(Velocity, &ends, &t).unwrap();
    for (to, expected) in [(Data, &ends.data), (Source, &ends.source)] {
        let found = path.convert_given(&point, &velocity, Velocity, to).unwrap();
        assert_close(&found, expected, 1e-15);
    }
}

#[test]
fn what_is_open_is_refused_with_the_reason() {
    let ends = three_ends(2);
    let latent = ends.latent.clone().unwrap();
    let refused = |path: &dyn Interpolant, known, from, to, t: [f64; 2]| {
        let t = times(&t);
        let point = KnownPoint { x: &ends.data, t: &t, known };
        let value = formula_normal("value", (2, 3)).unwrap();
        path.convert_given(&point, &value, from, to).unwrap_err().to_string()
    };
    let (source, known) = (KnownEnd::Source(&ends.source), KnownEnd::Latent(&latent));
    let bridge = bridge();
    let message = refused(&bridge, source, Latent, Data, [0.5, 1.0]);
    assert!(message.contains("converting latent to data"), "{message}");
    assert!(refused(&bridge, source, Data, Score, [0.5, 0.0]).contains("score"));
    assert!(refused(&bridge, source, Data, Velocity, [0.5, 1.0]).contains("strictly inside"));
    assert!(refused(&bridge, source, Velocity, Data, [0.0, 0.5]).contains("strictly inside"));
    assert!(refused(&bridge, source, Source, Data, [0.5, 0.5]).contains("source is known"));
    assert!(refused(&bridge, source, V, Data, [0.5, 0.5]).contains("source is known"));
    assert!(refused(&bridge, known, Score, Data, [0.5, 0.5]).contains("latent is known"));
    assert!(refused(&bridge, known, Data, Source, [0.5, 0.0]).contains("data end"));
    assert!(refused(&Linear, source, Data, Velocity, [0.5, 0.5]).contains("no latent"));
}

#[test]
fn a_velocity_that_says_what_the_point_says_is_refused() {
    // Beside the source: t gamma' = gamma has a solution inside for the squared sine, tan(u) = 2 u at
    // u = pi t.
    let path = interpolant(Gamma::SineSquared { scale: 1.0 });
    let mut t = 0.37;
    for _ in 0..50 {
        let u = std::f64::consts::PI * t;
        t -= (u.tan() - 2.0 * u) / (std::f64::consts::PI * (u.tan().powi(2) - 1.0));
    }
    let (ends, t) = (three_ends(1), times(&[t]));
    let x = path.interpolate(&ends, &t).unwrap();
    let point = KnownPoint { x: &x, t: &t, known: KnownEnd::Source(&ends.source) };
    let velocity = path.target(Velocity, &ends, &t).unwrap();
    let message = path.convert_given(&point, &velocity, Velocity, Data).unwrap_err().to_string();
    assert!(message.contains("one direction"), "{message}");
}

#[test]
fn infinite_rates_make_no_targets() {
    let (ends, vp) = (three_ends(2), VpLinear::new(0.1, 20.0).unwrap());
    for (path, t) in [(&bridge() as &dyn Interpolant, 0.0), (&bridge(), 1.0), (&vp, 0.0)] {
        let message = path.target(Velocity, &ends, &times(&[0.5, t])).unwrap_err().to_string();
        assert!(message.contains("strictly inside"), "{message}");
    }
    assert!(vp.target(Velocity, &ends, &times(&[0.5, 1.0])).is_ok());
    let x = vp.interpolate(&ends, &times(&[0.0, 0.5])).unwrap();
    assert!(vp.convert(&x, Data, Velocity, &x, &times(&[0.0, 0.5])).is_err());
    assert!(vp.convert(&x, Data, V, &x, &times(&[0.0, 0.5])).is_ok());
    assert!(bridge().target(Drift, &ends, &times(&[0.5, 0.0])).is_err());
    assert!(bridge().convert(&x, Data, Drift, &x, &times(&[0.5, 0.0])).is_err());
}

#[test]
fn gradients_pass_through_what_is_known() {
    let t = times(&[0.2, 0.5, 0.9]);
    for (from, to) in [(Data, Velocity), (Velocity, Data), (Latent, Data), (Drift, Velocity)] {
        assert_gradients(&[&[3, 2], &[3, 2], &[3, 2]], |inputs| -> Result<Tensor> {
            let known = KnownEnd::Source(&inputs[2]);
            let point = KnownPoint { x: &inputs[1], t: &t, known };
            bridge().convert_given(&point, &inputs[0], from, to)
        });
    }
}
