use std::fmt;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::process;

/// Instruction sets that kernels may choose, as Linux names them.
const SETS: [&str; 6] = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_tile", "asimd"];

/// The machine that a result was measured on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub processor: String,
    /// Threads that each program used.
    pub threads: usize,
    pub instruction_sets: Vec<String>,
    pub system: String,
    pub compiler: String,
}

impl Machine {
    /// This one.
    pub fn this(threads: usize) -> anyhow::Result<Self> {
        let description = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let (processor, instruction_sets) = processor(&description);
        Ok(Self {
            processor,
            threads,
            instruction_sets,
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            compiler: compiler()?,
        })
    }

    /// Whether times of the two may be compared.
    pub fn is_like(&self, other: &Self) -> bool {
        let hardware = |machine: &Self| {
            (machine.processor.clone(), machine.threads, machine.instruction_sets.clone())
        };
        hardware(self) == hardware(other)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { processor, threads, instruction_sets, system, compiler } = self;
        let sets = instruction_sets.join(" ");
        write!(f, "{processor}, {threads} threads, {sets}, {system}, {compiler}")
    }
}

/// The name of this machine's processor, where the system tells it.
pub fn processor_name() -> String {
    processor(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()).0
}

/// The compiler of our programs.
pub fn compiler() -> anyhow::Result<String> {
    line(Command::new("rustc").arg("--version").current_dir(crate::cargo::root()))
}

/// How many programs wanted to run in the last minute, where the system tells it.
pub fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// The state of the sources: the last commit, marked if files differ from it.
pub fn commit() -> anyhow::Result<String> {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty", "--exclude=*"]);
    line(git.current_dir(crate::cargo::root()))
}

/// The day, in UTC.
pub fn date() -> anyhow::Result<String> {
    line(Command::new("date").args(["-u", "+%F"]))
}

fn line(command: &mut Command) -> anyhow::Result<String> {
    Ok(process::read(command)?.trim().to_owned())
}

/// Name and instruction sets, from the text of `/proc/cpuinfo`.
fn processor(description: &str) -> (String, Vec<String>) {
    let value = |keys: [&str; 2]| {
        description
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| keys.contains(&key.trim()))
            .map_or("", |(_, value)| value.trim())
    };
    let name = match value(["model name", "CPU part"]) {
        "" => "unknown processor",
        name => name,
    };
    let flags: Vec<&str> = value(["flags", "Features"]).split(' ').collect();
    let sets = SETS.iter().filter(|set| flags.contains(set)).map(|set| (*set).to_owned());
    (name.to_owned(), sets.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_told_by_name_and_instruction_sets() {
        let text = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu fma avx2 avx2x\n\
                    processor\t: 1\nmodel name\t: Another\n";
        assert_eq!(processor(text), ("Some CPU".into(), vec!["avx2".into(), "fma".into()]));
        assert_eq!(processor(""), ("unknown processor".into(), vec![]));
    }

    #[test]
    fn times_are_comparable_on_the_same_hardware_only() {
        let one = Machine { processor: "a".into(), threads: 2, ..Machine::default() };
        assert!(one.is_like(&Machine { compiler: "newer".into(), ..one.clone() }));
        assert!(!one.is_like(&Machine { threads: 4, ..one.clone() }));
    }
}
