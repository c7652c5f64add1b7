//! Runs golden fixtures.
fn main() {}
