use candle_core::{Device, Tensor};

use crate::Result;
#[cfg(feature = "cuda")]
use crate::cuda::Recorded;
use crate::error::argument;

/// Work on a GPU that was recorded once, as a CUDA graph, and is repeated at the cost of one launch.
///
/// A graph repeats what was enqueued, not what it was enqueued for: the same kernels with the same
/// arguments at the same addresses. So what it reads and writes lies in tensors that live as long as
/// the graph; [`overwrite`] gives them new values ahead of a launch. Numbers that the host decided on
/// while it recorded, such as the values of a [`crate::RandomStream`], are those of every launch.
pub struct Graph {
    #[cfg(feature = "cuda")]
    recorded: Recorded,
    #[cfg(not(feature = "cuda"))]
    recorded: std::convert::Infallible,
}

impl Graph {
    /// Does `work` as it will be recorded: kernels are loaded, algorithms chosen, and what candle copies
    /// from the host with them is kept on the device. Recording needs all three done before.
    pub fn rehearse<R>(device: &Device, work: impl FnOnce() -> R) -> R {
        #[cfg(feature = "cuda")]
        if let Device::Cuda(device) = device {
            let _kept = device.enable_cuda_graph_htod_cache();
            return work();
        }
        let _ = device;
        work()
    }

    /// Records what `work` enqueues on `device` without doing any of it.
    ///
    /// Everything that `work` allocates on the device it must free before it ends, and nothing else: what
    /// it computes it leaves in tensors that were there before. Memory that lies idle is given back to
    /// the driver first, because a graph has its own.
    ///
    /// Errors: the device is no GPU; `work` fails, as it does where it waits for the device or copies to
    /// it what was not there in a [rehearsal](Self::rehearse); the driver refuses the graph. After an
    /// error nothing is being recorded.
    pub fn record<E: From<crate::Error>>(
        device: &Device,
        work: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<Self, E> {
        #[cfg(feature = "cuda")]
        if let Device::Cuda(device) = device {
            return Ok(Self { recorded: Recorded::new(device, work)? });
        }
        let _ = work;
        Err(argument("Graph::record", "a CUDA GPU", format!("{:?}", device.location())).into())
    }

    /// Enqueues the work once more. Waits for nothing.
    pub fn launch(&self) -> Result<()> {
        #[cfg(feature = "cuda")]
        return self.recorded.launch();
        #[cfg(not(feature = "cuda"))]
        match self.recorded {}
    }
}

/// Puts the elements of `from` into the memory of `to`, both of one shape, dtype and device, with at
/// least one axis, and apart from each other: whatever shares the memory of `to` has them from now on.
///
/// Errors where they differ.
pub fn overwrite(to: &Tensor, from: &Tensor) -> Result<()> {
    if to.shape() != from.shape() {
        let expected = format!("a tensor of shape {:?}", to.dims());
        return Err(argument("overwrite", expected, format!("{:?}", from.dims())));
    }
    Ok(to.slice_set(&from.contiguous()?, 0, 0)?)
}
