//! The protocol: requests are lines, answers are lines of JSON, and an error is an answer too.

use std::io::{BufRead, Write};

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use serde_json::{Value, json};

use crate::cost::Cost;
use crate::memory;
use crate::stopwatch::Stopwatch;
use crate::workload::{self, Workload};

/// The one way in which each of our workloads is run.
const VARIANT: &str = "default";

/// Answers requests until there are no more.
pub fn serve(requests: impl BufRead, mut answers: impl Write) -> anyhow::Result<()> {
    let mut server = Server { workloads: workload::all(), current: None };
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
pub fn peak(workloads: &[Box<dyn Workload>], name: &str, variant: &str) -> anyhow::Result<Value> {
    let mut work = find(workloads, name, variant)?.prepare()?;
    work()?;
    work()?;
    Ok(json!({ "bytes": memory::peak()? }))
}

struct Server {
    workloads: Vec<Box<dyn Workload>>,
    /// The workload asked for last: only one is held in memory.
    current: Option<(String, Stopwatch)>,
}

/// A workload in the answer to `list`.
#[derive(Serialize)]
struct Listed {
    name: String,
    variants: [&'static str; 1],
    measures_memory: bool,
    #[serde(flatten)]
    cost: Cost,
}

impl Server {
    fn answer(&mut self, request: &str) -> anyhow::Result<Value> {
        let words: Vec<&str> = request.split_whitespace().collect();
        match words.as_slice() {
            ["list"] => Ok(self.list()),
            ["run", name, variant] => {
                let repetition = self.stopwatch(name, variant)?.repeat()?;
                Ok(serde_json::to_value(repetition)?)
            }
            _ => bail!("expected `list` or `run NAME VARIANT`, found {request:?}"),
        }
    }

    fn list(&self) -> Value {
        let listed = |workload: &dyn Workload| Listed {
            name: workload.name(),
            variants: [VARIANT],
            measures_memory: workload.measures_memory(),
            cost: workload.cost(),
        };
        json!({
            "version": concat!("realuid ", env!("CARGO_PKG_VERSION")),
            "threads": rayon::current_num_threads(),
            "workloads": self.workloads.iter().map(|workload| listed(workload.as_ref())).collect::<Vec<_>>(),
        })
    }

    /// The warm stopwatch of a workload, after the one before it has left.
    fn stopwatch(&mut self, name: &str, variant: &str) -> anyhow::Result<&mut Stopwatch> {
        if self.current.as_ref().is_none_or(|(current, _)| current != name) {
            self.current = None;
            let work = find(&self.workloads, name, variant)?.prepare()?;
            self.current = Some((name.to_owned(), Stopwatch::warmed_up(work)?));
        }
        let (_, stopwatch) = self.current.as_mut().expect("it has just been made");
        Ok(stopwatch)
    }
}

fn find<'a>(
    workloads: &'a [Box<dyn Workload>],
    name: &str,
    variant: &str,
) -> anyhow::Result<&'a dyn Workload> {
    ensure!(variant == VARIANT, "expected the variant {VARIANT}, found {variant}");
    let found = workloads.iter().find(|workload| workload.name() == name);
    found.map(AsRef::as_ref).with_context(|| format!("there is no workload {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Execution;

    struct Nothing;

    impl Workload for Nothing {
        fn name(&self) -> String {
            "test/nothing".into()
        }

        fn cost(&self) -> Cost {
            Cost::flops(3.0)
        }

        fn prepare(&self) -> anyhow::Result<Execution> {
            Ok(Box::new(|| Ok(())))
        }
    }

    fn server() -> Server {
        Server { workloads: vec![Box::new(Nothing)], current: None }
    }

    #[test]
    fn workloads_are_listed_with_their_costs() {
        let listed = server().answer("list").unwrap();
        let expected = json!([{
            "name": "test/nothing", "variants": ["default"], "measures_memory": false, "flops": 3.0
        }]);
        assert_eq!(listed["workloads"], expected);
    }

    #[test]
    fn a_run_answers_with_a_time() {
        let answer = server().answer("run test/nothing default").unwrap();
        assert!(answer["seconds"].as_f64().unwrap() < 0.1);
        assert!(answer["executions"].as_u64().unwrap() > 1);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let error = |request| server().answer(request).unwrap_err().to_string();
        assert!(error("run test/other default").contains("no workload test/other"));
        assert!(error("run test/nothing channels_last").contains("found channels_last"));
        assert!(error("stop").contains("found \"stop\""));
    }
}
