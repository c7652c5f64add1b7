//! Every sampler in one list, held to the same promises: [`members::all`] is where a new one joins.

mod adaptive_steps;
mod conformance;
mod convergence;
mod exactness;
mod formulas;
mod members;
mod paths;
mod problem;
