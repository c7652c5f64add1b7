//! The one list of paths: what joins it is held to every test of `conformance.rs`, and to the value of
//! the objective in realuid-loss.

use realuid_paths::{
    BrownianBridge, Cosine, DdbmVe, DdbmVp, Ddpm, Gamma, GaussianPath, Gvp, I2sb, Interpolant,
    Linear, StochasticInterpolant, VarianceExploding, VpLinear,
};

/// A path and what it leaves at its ends.
pub struct Member<P: ?Sized> {
    pub name: &'static str,
    pub path: Box<P>,
    /// Largest coefficient of the source at the data end.
    pub source_left: f64,
    /// Largest coefficient of the data at the source end, relative to the source's.
    pub data_left: f64,
}

impl<P: Interpolant + ?Sized> Member<P> {
    /// Times inside the path, as shares of the way from the data to the source.
    pub fn inside<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let times = self.path.times();
        shares.map(|share| times.data + share * (times.source - times.data))
    }
}

fn member<P: ?Sized>(name: &'static str, path: Box<P>) -> Member<P> {
    Member { name, path, source_left: 0.0, data_left: 0.0 }
}

/// Every path without latent.
pub fn gaussian_paths() -> Vec<Member<dyn GaussianPath>> {
    let exact = |name, path| member::<dyn GaussianPath>(name, path);
    let vp = |min, max| Box::new(VpLinear::new(min, max).unwrap());
    let ddpm_linear = Box::new(Ddpm::linear(1e-4, 0.02, 1000).unwrap());
    let ddpm_cosine = Box::new(Ddpm::cosine(0.008, 1000).unwrap());
    vec![
        exact("linear", Box::new(Linear)),
        exact("gvp", Box::new(Gvp)),
        exact("cosine", Box::new(Cosine)),
        Member { data_left: 0.007, ..exact("vp-linear", vp(0.1, 20.0)) },
        Member { data_left: 0.4, ..exact("vp-linear, falling", vp(3.0, 1.0)) },
        Member {
            data_left: 0.0126,
            ..exact("variance-exploding", Box::new(VarianceExploding::new(80.0).unwrap()))
        },
        Member { source_left: 0.0101, data_left: 0.0064, ..exact("ddpm-linear", ddpm_linear) },
        Member { source_left: 0.0065, data_left: 5e-5, ..exact("ddpm-cosine", ddpm_cosine) },
    ]
}

/// Every path with latent.
pub fn latent_paths() -> Vec<Member<dyn Interpolant>> {
    let interpolant = |gamma| Box::new(StochasticInterpolant::new(gamma).unwrap());
    vec![
        member("brownian-bridge", Box::new(BrownianBridge::new(0.7).unwrap())),
        member("i2sb", Box::new(I2sb::new(0.1, 1.0).unwrap())),
        member("i2sb, falling", Box::new(I2sb::new(2.0, 0.5).unwrap())),
        member("ddbm-vp", Box::new(DdbmVp::new(0.1, 2.1).unwrap())),
        member("ddbm-vp, noisy", Box::new(DdbmVp::new(0.1, 20.0).unwrap())),
        member("ddbm-ve", Box::new(DdbmVe::new(5.0).unwrap())),
        member("interpolant, root", interpolant(Gamma::SquareRoot { scale: 2.0 })),
        member("interpolant, quadratic", interpolant(Gamma::Quadratic { scale: 1.5 })),
        member("interpolant, sine", interpolant(Gamma::SineSquared { scale: 0.8 })),
    ]
}

pub fn every_path() -> Vec<Member<dyn Interpolant>> {
    let widen = |m: Member<dyn GaussianPath>| {
        let Member { name, path, source_left, data_left } = m;
        Member { name, path: path as Box<dyn Interpolant>, source_left, data_left }
    };
    gaussian_paths().into_iter().map(widen).chain(latent_paths()).collect()
}
