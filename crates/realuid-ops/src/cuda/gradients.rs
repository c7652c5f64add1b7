//! Arithmetic of all gradients of a network together.
#![allow(unsafe_code)]

use std::sync::Arc;

use super::Array;
use super::lent::Lent;
use super::tensor_table::TensorTable;
use crate::Result;
use crate::tape::Data;

/// Scales all by `factor`.
pub(crate) fn scale(all: Vec<Data>, factor: f64) -> Result<Vec<Data>> {
    in_place(all, &[], |table| {
        let names = ["arithmetic_of_tensors", "scale_tensors"];
        // SAFETY: `scale_tensors` changes the first role and takes a factor.
        unsafe { table.launch(names, &[(factor as f32).into()]) }
    })
}

/// Adds `others`, one to each of `all`.
pub(crate) fn add(all: Vec<Data>, others: &[&Data]) -> Result<Vec<Data>> {
    in_place(all, others, |table| {
        // SAFETY: `add_tensors` changes the first role and reads the second.
        unsafe { table.launch(["arithmetic_of_tensors", "add_tensors"], &[]) }
    })
}

/// What `launch` makes of `all`, the first role of the table that it gets; `others` are the second if
/// there are any. Arrays that somebody else holds are copied first.
fn in_place(
    all: Vec<Data>,
    others: &[&Data],
    launch: impl Fn(&TensorTable) -> Result<()>,
) -> Result<Vec<Data>> {
    let own = all.into_iter().map(Data::into_array).collect::<Result<Vec<_>>>()?;
    if let Some(first) = own.first() {
        let others = Lent::data(others.iter().copied());
        let mut roles = vec![own.iter().map(Array::view).collect()];
        if !others.is_empty() {
            roles.push(others.views()?);
        }
        launch(&TensorTable::new(first.context(), &roles, &[])?)?;
    }
    Ok(own.into_iter().map(|array| Data::Cuda(Arc::new(array))).collect())
}
