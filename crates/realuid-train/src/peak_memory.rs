//! How much memory was needed at most.

use candle_core::Device;

use crate::{Error, Result};

/// The most memory in bytes that was held at once: on the CPU by this process, on a GPU by tensors and
/// what is kept for them. None where the system does not tell.
pub fn peak_memory(device: &Device) -> Result<Option<u64>> {
    #[cfg(feature = "cuda")]
    if device.is_cuda() {
        return Ok(Some(realuid_ops::cuda_peak_bytes(device)?));
    }
    let _ = device;
    of_process()
}

/// As Linux counts it: the high-water mark of what is resident.
#[cfg(target_os = "linux")]
fn of_process() -> Result<Option<u64>> {
    let path = std::path::Path::new("/proc/self/status");
    let status = std::fs::read_to_string(path).map_err(Error::io("reading", path))?;
    Ok(parse(&status))
}

#[cfg(not(target_os = "linux"))]
fn of_process() -> Result<Option<u64>> {
    Ok(None)
}

#[cfg(target_os = "linux")]
fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        assert_eq!(parse("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 7 kB\n"), Some(2_097_152));
        assert_eq!(parse("VmRSS:\t 7 kB\n"), None);
    }

    #[test]
    fn memory_that_was_held_is_in_the_peak() {
        let held = vec![1_u8; 64 << 20];
        let peak = peak_memory(&Device::Cpu).unwrap().unwrap();
        assert!(peak >= held.iter().map(|&byte| u64::from(byte)).sum(), "{peak}");
    }
}
