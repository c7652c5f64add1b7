use candle_core::{DType, Tensor};
use realuid_ops::{Value, add, cast, silu};

use crate::layers::Linear;
use crate::scope::{Init, Scope};
use crate::{Condition, Error, Result};

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
                let rows = embedding.join(&table.index_select(classes, 0)?)?;
                Ok(add(&embedding, &cast(&rows, embedding.dtype())?)?)
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
    pub fn forward(&self, features: &Value) -> realuid_ops::Result<Value> {
        self.second.forward(&silu(&self.first.forward(features)?)?)
    }
}

/// Refuses class indices that no row of the table answers to. On a GPU their values are not read, which
/// would wait for it: there the kernel that looks rows up asserts them and stops the program.
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
    if !classes.device().is_cpu() {
        return Ok(());
    }
    let values = classes.to_dtype(DType::I64)?.to_vec1::<i64>()?;
    match values.iter().find(|&&v| v < 0 || v >= count as i64) {
        Some(v) => Err(argument(format!("class {v}"))),
        None => Ok(()),
    }
}
