use realuid_metrics::{
    energy_distance, gaussian_mmd, kid, prdc, random_directions, sliced_wasserstein,
};
use realuid_ops::RandomStream;

use crate::normal;

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let (x, y) = (normal(1, 301, 17), normal(2, 203, 17).affine(1.1, 0.3).unwrap());
    let directions = random_directions(&RandomStream::new(3, "directions", 0), 33, 17).unwrap();
    let all = || {
        let scores = prdc(&x, &y, 5).unwrap();
        [
            energy_distance(&x, &y).unwrap(),
            kid(&x, &y).unwrap(),
            gaussian_mmd(&x, &y, 4.0).unwrap(),
            sliced_wasserstein(&x, &y, &directions).unwrap(),
            scores.precision,
            scores.recall,
            scores.density,
            scores.coverage,
        ]
        .map(f64::to_bits)
    };
    let on_threads =
        |count| rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(all);
    let one = on_threads(1);
    assert_eq!(one, on_threads(2));
    assert_eq!(one, on_threads(7));
}
