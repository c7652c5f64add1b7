//! Compares samples of two Gaussians, 0.5 apart in every one of 8 coordinates, with every metric, and
//! two sets of the same Gaussian for scale.

use candle_core::{DType, Device, Tensor};
use realuid_metrics::{
    FrechetStatistics, energy_distance, frechet_distance, gaussian_mmd, kid, prdc,
    random_directions, sliced_wasserstein,
};
use realuid_ops::RandomStream;

const DIM: usize = 8;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let samples = |purpose: &str| {
        RandomStream::new(0, purpose, 0).normal((1000, DIM), DType::F64, &Device::Cpu)
    };
    let real = samples("real")?;
    print_distances("same distribution", &real, &samples("again")?)?;
    print_distances("shifted by 0.5", &real, &samples("shifted")?.affine(1.0, 0.5)?)?;
    Ok(())
}

fn print_distances(title: &str, real: &Tensor, generated: &Tensor) -> realuid_metrics::Result<()> {
    let (mut a, mut b) = (FrechetStatistics::new(DIM), FrechetStatistics::new(DIM));
    a.push(real)?;
    b.push(generated)?;
    let directions = random_directions(&RandomStream::new(0, "directions", 0), 128, DIM)?;
    let scores = prdc(real, generated, 5)?;

    println!("{title}");
    println!("  Frechet distance    {:.4}", frechet_distance(&a, &b)?);
    println!("  KID                 {:.4}", kid(real, generated)?);
    println!("  Gaussian MMD        {:.4}", gaussian_mmd(real, generated, 2.0)?);
    println!("  sliced Wasserstein  {:.4}", sliced_wasserstein(real, generated, &directions)?);
    println!("  energy distance     {:.4}", energy_distance(real, generated)?);
    println!("  precision, recall   {:.3}, {:.3}", scores.precision, scores.recall);
    println!("  density, coverage   {:.3}, {:.3}", scores.density, scores.coverage);
    Ok(())
}
