use candle_core::Device;
use clap::Args;

use super::console::say;
use crate::device::DeviceChoice;

/// `realuid device`
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    device: DeviceArguments,
}

/// On which device a command computes.
#[derive(Debug, Args)]
pub(super) struct DeviceArguments {
    /// Where to compute: the first CUDA GPU or else the processor (`auto`), `cpu`, `cuda` or `cuda:N`
    #[arg(long, value_name = "auto|cpu|cuda[:N]", default_value_t)]
    device: DeviceChoice,
}

impl Arguments {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        match self.device.open()? {
            #[cfg(feature = "cuda")]
            Device::Cuda(gpu) => println!("{}", describe(&gpu)?),
            _ => println!("cpu"),
        }
        Ok(())
    }
}

impl DeviceArguments {
    /// The device; a line on standard error says why where it is not a GPU and could have been.
    pub(super) fn open(&self) -> crate::Result<Device> {
        let chosen = self.device.open()?;
        if let Some(reason) = &chosen.reason {
            say(reason);
        }
        Ok(chosen.device)
    }
}

#[cfg(feature = "cuda")]
fn describe(gpu: &candle_core::CudaDevice) -> crate::Result<String> {
    use candle_core::cuda::WrapErr;

    let stream = gpu.cuda_stream();
    let context = stream.context();
    let (major, minor) = context.compute_capability().w()?;
    let gibibytes = context.total_mem().w()? as f64 / f64::from(1 << 30);
    Ok(format!(
        "cuda:{} {}, compute capability {major}.{minor}, {gibibytes:.1} GiB",
        context.ordinal(),
        context.name().w()?
    ))
}
