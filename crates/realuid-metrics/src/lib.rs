//! Distances between sets of samples: Frechet, KID, MMD, sliced Wasserstein, energy distance, PRDC.
