//! On which device a command computes: what was asked for, what is there, and what follows.

use std::fmt;
use std::str::FromStr;

use candle_core::Device;

use crate::{Error, Result};

/// The device that is asked for, in text `auto`, `cpu`, `cuda` (the first GPU) or `cuda:N` (from 0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA GPU where there is one, otherwise the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The CUDA GPU of this number, from 0.
    Cuda(usize),
}

/// A device, ready to compute on.
#[derive(Clone, Debug)]
pub struct ChosenDevice {
    /// The device; a GPU has one stream for all threads.
    pub device: Device,
    /// Why it is the processor, where a GPU would have been taken.
    pub reason: Option<String>,
}

/// The CUDA GPUs of this machine, as far as this binary can use them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the feature cuda decides which of these can be found")]
enum Gpus {
    /// The feature `cuda` was off.
    NotBuilt,
    NoDriver,
    /// How many there are.
    Found(usize),
    /// There is a driver, which fails so.
    Failing(String),
}

/// What is decided before anything is opened.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Cpu { reason: Option<String> },
    Cuda(usize),
}

impl DeviceChoice {
    /// The device that follows from this choice on this machine.
    ///
    /// Errors: a GPU was asked for by name and there is no such one; or there is one, and the driver or
    /// a library that it needs fails. Only `auto` takes the processor instead, and only where no GPU is
    /// there.
    pub fn open(self) -> Result<ChosenDevice> {
        // A choice of the processor does not wake the driver up.
        let place = match self {
            Self::Cpu => Place::Cpu { reason: None },
            choice => choice.place(&find())?,
        };
        match place {
            Place::Cpu { reason } => Ok(ChosenDevice { device: Device::Cpu, reason }),
            Place::Cuda(number) => Ok(ChosenDevice { device: open_gpu(number)?, reason: None }),
        }
    }

    fn place(self, gpus: &Gpus) -> Result<Place> {
        match (self, gpus) {
            (Self::Cpu, _) => Ok(Place::Cpu { reason: None }),
            (Self::Auto, Gpus::Found(1..)) => Ok(Place::Cuda(0)),
            (Self::Cuda(number), Gpus::Found(count)) if number < *count => Ok(Place::Cuda(number)),
            (Self::Auto, Gpus::NotBuilt | Gpus::NoDriver | Gpus::Found(0)) => {
                let reason = format!("no GPU: {}; computing on the processor", gpus.lack());
                Ok(Place::Cpu { reason: Some(reason) })
            }
            (Self::Auto, Gpus::Failing(_)) | (Self::Cuda(_), _) => Err(Error::Mismatch {
                what: "device",
                expected: self.expected(),
                found: gpus.found(),
                advice: gpus.advice().into(),
            }),
        }
    }

    fn expected(self) -> String {
        match self {
            Self::Auto | Self::Cpu | Self::Cuda(0) => "a CUDA GPU".into(),
            Self::Cuda(number) => format!("a CUDA GPU number {number}"),
        }
    }
}

impl Gpus {
    /// Why there is none.
    fn lack(&self) -> &'static str {
        match self {
            Self::NotBuilt => "this binary was built without CUDA",
            Self::NoDriver => "the NVIDIA driver was not found",
            Self::Found(_) | Self::Failing(_) => "the NVIDIA driver was found, but no device",
        }
    }

    /// What there is.
    fn found(&self) -> String {
        match self {
            Self::NotBuilt => "a binary that was built without CUDA".into(),
            Self::NoDriver => "no NVIDIA driver".into(),
            Self::Found(0) => "an NVIDIA driver, but no device".into(),
            Self::Found(1) => "one, number 0".into(),
            Self::Found(count) => format!("{count}, numbers 0 to {}", count - 1),
            Self::Failing(error) => format!("a driver that fails ({error})"),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NotBuilt => {
                "build it with `cargo xtask build-cuda` or `--features cuda` (docs/cuda.md), or use \
                 --device cpu"
            }
            Self::NoDriver => {
                "install the driver (580 or later), or name the folder of libcuda.so.1 in \
                 REALUID_CUDA_LIBRARIES (REALUID_CUDA_VERBOSE=1 tells where it was looked for), or use \
                 --device cpu"
            }
            Self::Found(0) => {
                "see what `nvidia-smi` lists and what CUDA_VISIBLE_DEVICES hides, or use --device cpu"
            }
            Self::Found(_) => "use one of these, or --device cpu",
            Self::Failing(_) => "see what `nvidia-smi` says, or use --device cpu",
        }
    }
}

#[cfg(not(feature = "cuda"))]
fn find() -> Gpus {
    Gpus::NotBuilt
}

#[cfg(feature = "cuda")]
fn find() -> Gpus {
    use candle_core::cuda::cudarc::driver::sys::CUresult;
    use candle_core::cuda::cudarc::driver::{CudaContext, DriverError};

    match CudaContext::device_count() {
        Ok(count) => Gpus::Found(usize::try_from(count).unwrap_or(0)),
        Err(DriverError(CUresult::CUDA_ERROR_NO_DEVICE)) => Gpus::Found(0),
        // What stands for the driver, in a portable build as in NVIDIA's toolkit, calls itself so.
        Err(DriverError(CUresult::CUDA_ERROR_STUB_LIBRARY)) => Gpus::NoDriver,
        Err(error) => Gpus::Failing(error.to_string()),
    }
}

/// Never asked for without CUDA; candle says so in its own words.
#[cfg(not(feature = "cuda"))]
fn open_gpu(number: usize) -> Result<Device> {
    Ok(Device::new_cuda_with_stream(number)?)
}

#[cfg(feature = "cuda")]
fn open_gpu(number: usize) -> Result<Device> {
    realuid_ops::cuda_device(number).map_err(|error| Error::Mismatch {
        what: "device",
        expected: format!("CUDA GPU number {number} to start with its libraries (cuBLAS, cuRAND)"),
        found: error.to_string(),
        advice: "name the folders of missing libraries in REALUID_CUDA_LIBRARIES \
                 (REALUID_CUDA_VERBOSE=1 tells what was tried), see docs/cuda.md, or use --device cpu"
            .into(),
    })
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let number = |digits: &str| digits.parse().ok().map(Self::Cuda);
        match text {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            other => other.strip_prefix("cuda:").and_then(number),
        }
        .ok_or_else(|| format!("expected auto, cpu, cuda or cuda:N, found {text:?}"))
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_read_as_they_are_written() {
        for text in ["auto", "cpu", "cuda:0", "cuda:3"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for text in ["gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", ""] {
            let error = text.parse::<DeviceChoice>().unwrap_err();
            assert!(error.contains("cuda:N") && error.contains(text), "{error}");
        }
    }

    #[test]
    fn auto_takes_the_first_gpu_or_says_why_not() {
        let place = |gpus| DeviceChoice::Auto.place(&gpus);
        assert_eq!(place(Gpus::Found(2)).unwrap(), Place::Cuda(0));
        for (gpus, why) in [
            (Gpus::NotBuilt, "no GPU: this binary was built without CUDA;"),
            (Gpus::NoDriver, "no GPU: the NVIDIA driver was not found;"),
            (Gpus::Found(0), "no GPU: the NVIDIA driver was found, but no device;"),
        ] {
            let Place::Cpu { reason: Some(reason) } = place(gpus).unwrap() else { panic!("{why}") };
            assert!(reason.starts_with(why), "{reason}");
        }
        // A GPU that is there and fails is not passed over.
        let error = place(Gpus::Failing("too old".into())).unwrap_err().to_string();
        assert!(error.contains("too old") && error.contains("nvidia-smi"), "{error}");
    }

    #[test]
    fn a_gpu_that_was_asked_for_is_there_or_an_error() {
        assert_eq!(DeviceChoice::Cuda(1).place(&Gpus::Found(2)).unwrap(), Place::Cuda(1));
        for (number, gpus, expected, found, advice) in [
            (0, Gpus::NotBuilt, "expected a CUDA GPU, ", "without CUDA", "build-cuda"),
            (
                0,
                Gpus::NoDriver,
                "expected a CUDA GPU, ",
                "no NVIDIA driver",
                "REALUID_CUDA_LIBRARIES",
            ),
            (0, Gpus::Found(0), "expected a CUDA GPU, ", "no device", "CUDA_VISIBLE_DEVICES"),
            (2, Gpus::Found(2), "GPU number 2, ", "2, numbers 0 to 1", "one of these"),
            (1, Gpus::Found(1), "GPU number 1, ", "one, number 0", "one of these"),
        ] {
            let error = DeviceChoice::Cuda(number).place(&gpus).unwrap_err().to_string();
            for part in [expected, found, advice] {
                assert!(error.contains(part), "{part}: {error}");
            }
        }
    }

    #[test]
    fn the_processor_is_always_there_and_needs_no_reason() {
        let chosen = DeviceChoice::Cpu.open().unwrap();
        assert!(chosen.device.is_cpu() && chosen.reason.is_none());
    }
}
