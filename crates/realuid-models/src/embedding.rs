use candle_core::{D, DType, Tensor};
use realuid_ops::{Value, add, silu};

use crate::layers::Linear;
use crate::scope::{Init, Scope};
use crate::{Condition, Error, Result};

/// Sinusoidal features of `t` `[B]` -> [B, dim], dtype of `t`: cosines then sines of t times
/// frequencies that fall geometrically from 1 towards 1/10000 (Vaswani et al. 2017; order as in
/// `timestep_embedding` of guided-diffusion). An odd `dim` ends with a zero.
pub(crate) fn timestep_embedding(t: &Tensor, dim: usize) -> Result<Tensor> {
    let half = dim / 2;
    let frequencies: Vec<f64> =
        (0..half).map(|i| (-(10_000_f64.ln()) * i as f64 / half as f64).exp()).collect();
    let frequencies = Tensor::new(frequencies, t.device())?.to_dtype(t.dtype())?;
    let angles = t.unsqueeze(1)?.broadcast_mul(&frequencies.unsqueeze(0)?)?;
    let features = Tensor::cat(&[angles.cos()?, angles.sin()?], D::Minus1)?;
    Ok(if dim % 2 == 1 { features.pad_with_zeros(D::Minus1, 0, 1)? } else { features })
}

/// One learned vector per class; `None` in a network without classes.
pub(crate) struct ClassEmbedding {
    table: Option<Tensor>,
}

impl ClassEmbedding {
    pub fn new(mut scope: Scope, classes: Option<usize>, width: usize) -> Result<Self> {
        let table =
            classes.map(|n| scope.tensor("weight", &[n, width], Init::Normal)).transpose()?;
        Ok(Self { table })
    }

    /// `embedding` [B, width] plus the vector of each sample's class.
    pub fn add_to(&self, embedding: Value, condition: &Condition) -> Result<Value> {
        let batch = embedding.dims()[0];
        match (&self.table, &condition.classes) {
            (None, None) => Ok(embedding),
            (Some(table), Some(classes)) => {
                check_classes(classes, batch, table.dim(0)?)?;
                let classes = embedding.join(&table.index_select(classes, 0)?)?;
                Ok(add(&embedding, &classes)?)
            }
            (Some(_), None) => Err(Error::Argument {
                operation: "forward pass of a class-conditional network",
                expected: "a class for every sample (Condition::with_classes)".into(),
                found: "no classes".into(),
            }),
            (None, Some(_)) => Err(Error::Argument {
                operation: "forward pass of a network without classes",
                expected: "no classes".into(),
                found: "classes".into(),
            }),
        }
    }
}

/// The two-layer perceptron that turns features of time into an embedding.
pub(crate) struct TimeEmbedding {
    first: Linear,
    second: Linear,
}

impl TimeEmbedding {
    pub fn new(mut scope: Scope, features: usize, width: usize) -> Result<Self> {
        Ok(Self {
            first: Linear::new(scope.at(0), features, width)?,
            second: Linear::new(scope.at(2), width, width)?,
        })
    }

    /// [B, features] -> [B, width].
    pub fn forward(&self, features: &Value) -> Result<Value> {
        self.second.forward(&silu(&self.first.forward(features)?)?)
    }
}

/// Refuses class indices that no row of the table answers to; a GPU kernel would read past its end.
fn check_classes(classes: &Tensor, batch: usize, count: usize) -> Result<()> {
    let argument = |found: String| Error::Argument {
        operation: "forward pass of a class-conditional network",
        expected: format!("classes of shape [{batch}], integers below {count}"),
        found,
    };
    if classes.dims() != [batch] || !matches!(classes.dtype(), DType::U8 | DType::U32 | DType::I64)
    {
        return Err(argument(format!("shape {:?}, {:?}", classes.dims(), classes.dtype())));
    }
    let values = classes.to_dtype(DType::I64)?.to_vec1::<i64>()?;
    match values.iter().find(|&&v| v < 0 || v >= count as i64) {
        Some(v) => Err(argument(format!("class {v}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn diffusion_steps_and_logarithms_of_noise_are_embedded_as_they_are() {
        // Steps 0 to 999 of DDPM, c_noise of EDM, and the ends of flow matching.
        let times = [0.0, 1.0, 500.0, 999.0, -1.55, 1.095];
        let t = Tensor::new(times.map(|t| t as f32).as_slice(), &Device::Cpu).unwrap();
        let found = timestep_embedding(&t, 8).unwrap().to_vec2::<f32>().unwrap();
        for (row, t) in found.iter().zip(times) {
            for i in 0..4 {
                let angle = t * 10_000_f64.powf(-0.25 * f64::from(i));
                let i = i as usize;
                assert!((f64::from(row[i]) - angle.cos()).abs() < 1e-4, "t = {t}, cosine {i}");
                assert!((f64::from(row[4 + i]) - angle.sin()).abs() < 1e-4, "t = {t}, sine {i}");
            }
        }
    }
}
