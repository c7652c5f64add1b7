//! Matching loss, RealUID and its special cases, and the adversarial baseline.
