//! Runs golden fixtures: what this workspace computes against what other implementations computed.
//!
//! A fixture is a folder with a `fixture.json` and, where it has tensors, a `tensors.safetensors`.
//! Its kind says what is run; everything else - sizes, coefficients, names of input streams - is
//! read from it, so a folder that was never seen before runs as well. What is not implemented is
//! skipped by name, never passed over in silence.
//!
//! ```
//! use std::path::Path;
//!
//! # fn main() -> Result<(), realuid_parity::Error> {
//! let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
//! let report = realuid_parity::run(&root, Some("losses/realuid-1"), |line| println!("{line}"))?;
//! assert_eq!((report.passed(), report.failed(), report.skipped()), (1, 0, 0));
//! assert_eq!(report.to_string(), "1 passed, 0 failed, 0 skipped");
//! # Ok(())
//! # }
//! ```

mod checks;
mod error;
mod inner_maximum;
mod losses;
mod metrics;
mod networks;
mod paths;
mod report;
mod run;
mod samplers;
mod trajectories;

pub use error::{Error, Result};
pub use report::{Line, Report, Verdict};
pub use run::{run, run_on};
