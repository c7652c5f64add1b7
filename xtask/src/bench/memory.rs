//! The peak memory of a workload, each time in a process of its own.

use std::process::Command;

use super::program::{Peak, parse};
use crate::process;

/// The most memory that `program` holds while it executes a workload twice, in bytes.
pub fn peak(mut program: Command, workload: &str, variant: &str) -> anyhow::Result<u64> {
    let answer = process::read(program.args(["peak", workload, variant]))?;
    Ok(parse::<Peak>(answer.trim())?.bytes)
}
