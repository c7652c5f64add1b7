use anyhow::Context;

/// The most memory this process has held at once, in bytes, as Linux counts it.
pub fn peak() -> anyhow::Result<u64> {
    const STATUS: &str = "/proc/self/status";
    let status = std::fs::read_to_string(STATUS).with_context(|| format!("reading {STATUS}"))?;
    parse(&status).with_context(|| format!("{STATUS}: expected a line `VmHWM: N kB`, found none"))
}

fn parse(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_found() {
        assert_eq!(parse("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 7 kB\n"), Some(2_097_152));
        assert_eq!(parse("VmRSS:\t 7 kB\n"), None);
    }
}
