//! The protocol: requests are lines, answers are lines of JSON, and an error is an answer too.

use std::io::{BufRead, Write};

use anyhow::{Context, anyhow, bail, ensure};
use candle_core::Device;
use realuid_train::peak_memory::peak_memory;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::device;
use crate::place::Place;
use crate::precision::Precision;
use crate::stopwatch::{Repetition, Stopwatch};
use crate::suite::Suite;
use crate::variant::Variant;
use crate::workload::{Execution, Workload};

/// Answers requests until there are no more.
pub fn serve(
    suite: &Suite,
    device: &Device,
    requests: impl BufRead,
    mut answers: impl Write,
) -> anyhow::Result<()> {
    let mut server = Server::new(suite, device);
    for request in requests.lines() {
        let answer = server
            .answer(&request?)
            .unwrap_or_else(|error| json!({ "error": format!("{error:#}") }));
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}

/// Executes the workload twice and says what that took, as an answer.
pub fn peak(suite: &Suite, device: &Device, name: &str, variant: &str) -> anyhow::Result<Value> {
    let mut work = Server::new(suite, device).prepare(name, variant)?;
    work()?;
    work()?;
    let bytes = peak_memory(&Device::Cpu)?;
    let bytes =
        bytes.context("expected a system that tells a process its peak memory, as Linux")?;
    Ok(json!({ "bytes": bytes }))
}

struct Server {
    listed: Vec<Listed>,
    workloads: Vec<Box<dyn Workload>>,
    device: Device,
    /// The workload asked for last and its variant: only one is held in memory.
    current: Option<(String, String, Stopwatch)>,
}

/// A workload in the answer to `list`.
#[derive(Serialize)]
struct Listed {
    name: String,
    variants: Vec<String>,
    measures_memory: bool,
    #[serde(flatten)]
    cost: Cost,
}

/// The answer to `run`.
#[derive(Serialize)]
struct Measured {
    #[serde(flatten)]
    repetition: Repetition,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_bytes: Option<u64>,
}

impl Server {
    fn new(suite: &Suite, device: &Device) -> Self {
        let workloads = suite.workloads();
        let listed = |workload: &dyn Workload| Listed {
            name: workload.name(),
            variants: suite.variants(workload),
            measures_memory: workload.measures_memory(),
            cost: workload.cost(),
        };
        let listed = workloads.iter().map(|workload| listed(workload.as_ref())).collect();
        Self { listed, workloads, device: device.clone(), current: None }
    }

    fn answer(&mut self, request: &str) -> anyhow::Result<Value> {
        let words: Vec<&str> = request.split_whitespace().collect();
        match words.as_slice() {
            ["list"] => Ok(self.list()),
            ["run", name, variant] => {
                let repetition = self.stopwatch(name, variant)?.repeat()?;
                let peak_bytes = device::peak(&self.device)?;
                Ok(serde_json::to_value(Measured { repetition, peak_bytes })?)
            }
            // Another program is to have the memory.
            ["rest"] => {
                self.current = None;
                device::forget_peak(&self.device)?;
                Ok(json!({}))
            }
            _ => bail!("expected `list`, `rest` or `run NAME VARIANT`, found {request:?}"),
        }
    }

    fn list(&self) -> Value {
        json!({
            "version": concat!("realuid ", env!("CARGO_PKG_VERSION")),
            "threads": rayon::current_num_threads(),
            "workloads": self.listed,
        })
    }

    /// The warm stopwatch of a workload, after the one before it has left.
    fn stopwatch(&mut self, name: &str, variant: &str) -> anyhow::Result<&mut Stopwatch> {
        let is_asked_for =
            |(current, same, _): &(String, String, _)| current == name && same == variant;
        if !self.current.as_ref().is_some_and(is_asked_for) {
            self.current = None;
            device::forget_peak(&self.device)?;
            let work = self.prepare(name, variant)?;
            let stopwatch = Stopwatch::warmed_up(work, &self.device)?;
            self.current = Some((name.to_owned(), variant.to_owned(), stopwatch));
        }
        let (_, _, stopwatch) = self.current.as_mut().expect("it has just been made");
        Ok(stopwatch)
    }

    fn prepare(&self, name: &str, variant: &str) -> anyhow::Result<Execution> {
        let found = self.listed.iter().position(|listed| listed.name == name);
        let index = found.with_context(|| format!("there is no workload {name}"))?;
        let variants = &self.listed[index].variants;
        let known = variants.iter().any(|known| known == variant);
        ensure!(known, "expected a variant among {variants:?}, found {variant}");
        let variant: Variant = variant.parse().map_err(|error: String| anyhow!(error))?;
        ensure!(
            self.device.is_cuda() || variant.precision != Precision::Bf16,
            "bf16: expected a GPU, found the processor, which computes in f32"
        );
        ensure!(
            self.device.is_cuda() || !variant.graphs,
            "graphs: expected a GPU, found the processor, which launches nothing"
        );
        variant.precision.enter();
        self.workloads[index].prepare(&Place { device: self.device.clone(), variant })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        suite: Suite,
    }

    struct Nothing;

    impl Workload for Nothing {
        fn name(&self) -> String {
            "test/nothing".into()
        }

        fn cost(&self) -> Cost {
            Cost::flops(3.0)
        }

        fn prepare(&self, _: &Place) -> anyhow::Result<Execution> {
            Ok(Box::new(|| Ok(())))
        }
    }

    /// Of one workload, in the variants of the suite.
    fn server(suite: &str) -> Server {
        let suite = Line::parse_from(["test", "--suite", suite]).suite;
        let workload: Box<dyn Workload> = Box::new(Nothing);
        let listed = Listed {
            name: workload.name(),
            variants: suite.variants(workload.as_ref()),
            measures_memory: false,
            cost: workload.cost(),
        };
        Server {
            listed: vec![listed],
            workloads: vec![workload],
            device: Device::Cpu,
            current: None,
        }
    }

    #[test]
    fn workloads_are_listed_with_their_costs() {
        let listed = server("cpu").answer("list").unwrap();
        let expected = json!([{
            "name": "test/nothing", "variants": ["default"], "measures_memory": false, "flops": 3.0
        }]);
        assert_eq!(listed["workloads"], expected);
        let listed = server("gpu").answer("list").unwrap();
        assert_eq!(listed["workloads"][0]["variants"], json!(["tf32", "bf16"]));
    }

    #[test]
    fn a_run_answers_with_a_time() {
        let answer = server("cpu").answer("run test/nothing default").unwrap();
        assert!(answer["seconds"].as_f64().unwrap() < 0.1);
        assert!(answer["executions"].as_u64().unwrap() > 1);
        assert!(answer.get("peak_bytes").is_none(), "the processor has no peak of its own");
    }

    #[test]
    fn what_is_not_known_is_said() {
        let error = |request| server("cpu").answer(request).unwrap_err().to_string();
        assert!(error("run test/other default").contains("no workload test/other"));
        assert!(error("run test/nothing channels_last").contains("found channels_last"));
        assert!(error("stop").contains("found \"stop\""));
    }

    #[test]
    fn the_processor_does_not_pass_for_a_gpu() {
        let error = server("gpu").answer("run test/nothing bf16").unwrap_err().to_string();
        assert!(error.contains("expected a GPU"), "{error}");
    }
}
