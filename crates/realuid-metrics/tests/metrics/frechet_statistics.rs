use candle_core::{DType, Tensor};
use realuid_metrics::FrechetStatistics;
use realuid_testkit::assert_close;

use crate::normal;

/// Correlated features far from zero.
fn features() -> Tensor {
    let x = normal(1, 200, 7);
    x.matmul(&normal(2, 7, 7)).unwrap().affine(1.0, 100.0).unwrap()
}

fn in_chunks(x: &Tensor, sizes: &[usize]) -> FrechetStatistics {
    let mut statistics = FrechetStatistics::new(x.dim(1).unwrap());
    let mut start = 0;
    for size in sizes.iter().cycle() {
        let size = (*size).min(x.dim(0).unwrap() - start);
        statistics.push(&x.narrow(0, start, size).unwrap()).unwrap();
        start += size;
        if start == x.dim(0).unwrap() {
            break;
        }
    }
    statistics
}

#[track_caller]
fn assert_same(a: &FrechetStatistics, b: &FrechetStatistics) {
    assert_eq!(a.count(), b.count());
    assert_close(&a.mean().unwrap(), &b.mean().unwrap(), 1e-12);
    assert_close(&a.covariance().unwrap(), &b.covariance().unwrap(), 1e-12);
}

#[test]
fn mean_and_covariance_are_those_of_the_definition() {
    let x = features();
    let mean = x.mean(0).unwrap();
    let centred = x.broadcast_sub(&mean).unwrap();
    let covariance = centred.t().unwrap().matmul(&centred).unwrap().affine(1.0 / 199.0, 0.0);
    let statistics = in_chunks(&x, &[200]);
    assert_close(&statistics.mean().unwrap(), &mean, 1e-13);
    assert_close(&statistics.covariance().unwrap(), &covariance.unwrap(), 1e-12);
}

#[test]
fn any_chunking_gives_the_same() {
    let x = features();
    let whole = in_chunks(&x, &[200]);
    for sizes in [&[1][..], &[7], &[64], &[0, 3, 50], &[199, 1]] {
        assert_same(&in_chunks(&x, sizes), &whole);
    }
}

#[test]
fn merging_is_pushing() {
    let x = features();
    let mut merged = in_chunks(&x.narrow(0, 0, 130).unwrap(), &[130]);
    merged.merge(&FrechetStatistics::new(7)).unwrap();
    merged.merge(&in_chunks(&x.narrow(0, 130, 70).unwrap(), &[33])).unwrap();
    let mut from_nothing = FrechetStatistics::new(7);
    from_nothing.merge(&merged).unwrap();
    assert_same(&merged, &in_chunks(&x, &[200]));
    assert_same(&from_nothing, &merged);
}

#[test]
fn features_in_f32_are_summed_in_f64() {
    let x = features().to_dtype(DType::F32).unwrap();
    let wide = x.to_dtype(DType::F64).unwrap();
    assert_same(&in_chunks(&x, &[64]), &in_chunks(&wide, &[64]));
}
