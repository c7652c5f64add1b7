use anyhow::Result;
use realuid_ops::{Tape, linear};

use crate::cost::Cost;
use crate::network::Network;
use crate::place::Place;
use crate::precision::Precision;
use crate::variant::Variant;
use crate::workload::{Execution, Workload};

/// What the GPU can do at best: the roof under which everything else is.
pub fn workloads(network: Network) -> Vec<Box<dyn Workload>> {
    // Large enough to fill a GPU, or small enough for a rehearsal on the processor.
    let (size, length) = match network {
        Network::Published => (8192, 1 << 28),
        Network::Tiny => (256, 1 << 20),
    };
    vec![Box::new(MatrixProduct { size }), Box::new(Copy { length })]
}

/// A product of square matrices of standard normal values.
struct MatrixProduct {
    size: usize,
}

/// A copy of an array of f32 from the GPU's memory to the GPU's memory.
struct Copy {
    length: usize,
}

impl Workload for MatrixProduct {
    fn name(&self) -> String {
        format!("gpu/matrix-product-{}", self.size)
    }

    fn cost(&self) -> Cost {
        Cost::flops(2.0 * (self.size as f64).powi(3))
    }

    fn variants(&self) -> &'static [Variant] {
        const ALL: [Variant; 3] = [
            Variant::launched(Precision::F32),
            Variant::launched(Precision::Tf32),
            Variant::launched(Precision::Bf16),
        ];
        &ALL
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let draw = |purpose| -> Result<_> {
            let values = place.normal(purpose, &[self.size, self.size])?;
            Ok(values.to_dtype(place.activations())?)
        };
        let (x, weight) = (draw("benchmark a")?, draw("benchmark b")?);
        Ok(Box::new(move || {
            linear(&Tape::new().input(&x)?, &weight, None)?;
            Ok(())
        }))
    }
}

impl Workload for Copy {
    fn name(&self) -> String {
        format!("gpu/copy-{}-MiB", (self.length * size_of::<f32>()) >> 20)
    }

    fn cost(&self) -> Cost {
        Cost::bytes((2 * self.length * size_of::<f32>()) as f64)
    }

    fn variants(&self) -> &'static [Variant] {
        const ALL: [Variant; 1] = [Variant::launched(Precision::F32)];
        &ALL
    }

    fn prepare(&self, place: &Place) -> Result<Execution> {
        let from = place.normal("benchmark array", &[self.length])?;
        Ok(Box::new(move || {
            from.copy()?;
            Ok(())
        }))
    }
}
