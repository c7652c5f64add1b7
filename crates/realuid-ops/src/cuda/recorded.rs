use std::sync::Arc;

use candle_core::CudaDevice;
use candle_core::cuda::WrapErr;
use candle_core::cuda::cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode};
use candle_core::cuda::cudarc::driver::{CudaGraph, CudaStream};

use super::memory;
use crate::Result;
use crate::error::argument;

/// The graph of what was enqueued while a stream recorded.
pub(crate) struct Recorded(CudaGraph);

impl Recorded {
    /// Of what `work` enqueues on the stream of `device`.
    pub fn new<E: From<crate::Error>>(
        device: &CudaDevice,
        work: impl FnOnce() -> std::result::Result<(), E>,
    ) -> std::result::Result<Self, E> {
        let _kept = device.enable_cuda_graph_htod_cache();
        memory::give_idle_back(device)?;
        let recording = Recording::begin(device.cuda_stream())?;
        work()?;
        Ok(Self(recording.end()?))
    }

    /// Enqueues it once more.
    pub fn launch(&self) -> Result<()> {
        self.0.launch().w()?;
        Ok(())
    }
}

/// A stream that records, until this is dropped.
struct Recording(Option<Arc<CudaStream>>);

impl Recording {
    /// Other threads may go on allocating meanwhile: the mode forbids it to this one alone.
    fn begin(stream: Arc<CudaStream>) -> Result<Self> {
        let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        stream.begin_capture(mode).w()?;
        Ok(Self(Some(stream)))
    }

    fn end(mut self) -> Result<CudaGraph> {
        let stream = self.0.take().expect("a recording ends once");
        let empty = || argument("Graph::record", "work on the GPU", "none");
        let graph = end(&stream)?.ok_or_else(empty)?;
        // Its memory is taken now, and not found missing at the first launch.
        graph.upload().w()?;
        Ok(graph)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(stream) = self.0.take() {
            // What was recorded so far is of no use, and what failed has been said.
            let _ = end(&stream);
        }
    }
}

fn end(stream: &Arc<CudaStream>) -> Result<Option<CudaGraph>> {
    // Memory freed while a recording is broken fails, which cudarc tells at its next call: here, ahead of
    // ending the recording, which would not come to pass otherwise.
    let earlier = stream.context().check_err();
    // Memory that a graph leaves allocated would be an error at its next launch.
    let flag = CUgraphInstantiate_flags::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
    let graph = stream.end_capture(flag);
    earlier.w()?;
    Ok(graph.w()?)
}
