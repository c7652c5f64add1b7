use std::path::Path;

use realuid_metrics::{
    FrechetStatistics, energy_distance, frechet_distance, kid, prdc, sliced_wasserstein,
};
use realuid_testkit::Fixture;

#[test]
fn every_metric_equals_the_values_of_numpy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/metrics");
    let fixture = Fixture::open(&root, &root.join("features")).unwrap();
    let [real, generated, directions] =
        ["real", "generated", "directions"].map(|name| fixture.tensor(name).unwrap());
    let check = |actual: f64, pointer: &str| {
        let expected = fixture.description.pointer(pointer).unwrap().as_f64().unwrap();
        let error = ((actual - expected) / expected).abs();
        assert!(error < 1e-12, "{pointer}: expected {expected}, found {actual}");
    };

    let dim = real.dim(1).unwrap();
    let (mut a, mut b) = (FrechetStatistics::new(dim), FrechetStatistics::new(dim));
    a.push(real).unwrap();
    b.push(generated).unwrap();
    check(frechet_distance(&a, &b).unwrap(), "/frechet");
    check(kid(real, generated).unwrap(), "/kid_cubic_unbiased");
    check(energy_distance(real, generated).unwrap(), "/energy_distance");

    // The reference drops the last real samples, to have as many of both.
    let cut = real.narrow(0, 0, generated.dim(0).unwrap()).unwrap();
    let sliced = sliced_wasserstein(&cut, generated, directions).unwrap();
    check(sliced, "/sliced_wasserstein2");

    let scores = prdc(real, generated, 5).unwrap();
    check(scores.precision, "/prdc_k5/precision");
    check(scores.recall, "/prdc_k5/recall");
    check(scores.density, "/prdc_k5/density");
    check(scores.coverage, "/prdc_k5/coverage");
}
