use super::View;
use crate::tape::{Data, OnDevice};
use crate::{Parameters, Result};

/// Tensors on a GPU that kernels are about to work on; candle writes to none of them meanwhile.
pub(super) struct Lent<'a>(Vec<OnDevice<'a>>);

impl<'a> Lent<'a> {
    /// All tensors of `parameters`, in the order of their names.
    pub fn parameters(parameters: &'a Parameters) -> Self {
        let elements = parameters.as_tensors().map(|(_, tensor)| {
            let (storage, layout) = tensor.storage_and_layout();
            OnDevice::Tensor(Box::new(storage), layout)
        });
        Self(elements.collect())
    }

    /// `all`, in their order.
    pub fn data(all: impl IntoIterator<Item = &'a Data>) -> Self {
        Self(all.into_iter().map(Data::on_device).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their elements; fails where they are not on a GPU or not contiguous.
    pub fn views(&self) -> Result<Vec<View<'_>>> {
        self.0.iter().map(OnDevice::view).collect()
    }
}
