//! What the machine can do at best: the roof under which the operations are.

use std::hint::black_box;

use anyhow::Result;
use rayon::prelude::*;

use crate::cost::Cost;
use crate::place::Place;
use crate::workload::{Execution, Workload};

/// Elements of each array: 256 MiB, more than any cache holds.
const LENGTH: usize = 1 << 26;
/// Elements of a task, evenly many to each core.
const PART: usize = 1 << 20;
/// Rows and columns of the matrices.
const SIZE: usize = 2048;

pub fn workloads() -> Vec<Box<dyn Workload>> {
    vec![
        Box::new(Limit::MatrixProduct),
        Box::new(Limit::Read),
        Box::new(Limit::Write),
        Box::new(Limit::Copy),
    ]
}

enum Limit {
    /// The fastest arithmetic at hand: a large product of square matrices.
    MatrixProduct,
    Read,
    Write,
    Copy,
}

impl Workload for Limit {
    fn name(&self) -> String {
        match self {
            Self::MatrixProduct => "machine/matrix-product-2048",
            Self::Read => "machine/read-256-MiB",
            Self::Write => "machine/write-256-MiB",
            Self::Copy => "machine/copy-256-MiB",
        }
        .into()
    }

    fn cost(&self) -> Cost {
        let array = (LENGTH * size_of::<u32>()) as f64;
        match self {
            Self::MatrixProduct => Cost::flops(2.0 * (SIZE as f64).powi(3)),
            Self::Read | Self::Write => Cost::bytes(array),
            Self::Copy => Cost::bytes(2.0 * array),
        }
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        match self {
            Self::MatrixProduct => matrix_product(place),
            Self::Read => Ok(read()),
            Self::Write => Ok(write()),
            Self::Copy => Ok(copy()),
        }
    }
}

fn matrix_product(place: &Place) -> Result<Execution> {
    let a = place.normal("benchmark a", &[SIZE, SIZE])?;
    let b = place.normal("benchmark b", &[SIZE, SIZE])?;
    Ok(Box::new(move || {
        a.matmul(&b)?;
        Ok(())
    }))
}

/// A sum of integers, which the compiler may spread over vectors in any order.
fn read() -> Execution {
    let values = vec![1_u32; LENGTH];
    Box::new(move || {
        let sum = |part: &[u32]| part.iter().fold(0_u32, |sum, value| sum.wrapping_add(*value));
        black_box(values.par_chunks(PART).map(sum).reduce(|| 0, u32::wrapping_add));
        Ok(())
    })
}

fn write() -> Execution {
    let mut values = vec![1_u32; LENGTH];
    let mut value = 0;
    Box::new(move || {
        value += 1;
        values.par_chunks_mut(PART).for_each(|part| part.fill(value));
        black_box(&values);
        Ok(())
    })
}

fn copy() -> Execution {
    let from = vec![1_u32; LENGTH];
    let mut to = vec![2_u32; LENGTH];
    Box::new(move || {
        let parts = to.par_chunks_mut(PART).zip(from.par_chunks(PART));
        parts.for_each(|(to, from)| to.copy_from_slice(from));
        black_box(&to);
        Ok(())
    })
}
