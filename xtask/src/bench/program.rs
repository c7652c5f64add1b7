//! A program that runs workloads on request: ours, or a peer's.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The program, started and waiting for requests.
pub struct Program {
    name: &'static str,
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<io::Result<String>>,
    /// When it is stopped if it has not answered.
    deadline: Option<Instant>,
    ended: bool,
}

/// The answer to `list`.
#[derive(Debug, PartialEq, Deserialize)]
pub struct Listing {
    pub version: String,
    pub threads: usize,
    pub workloads: Vec<Listed>,
}

/// A workload that a program can run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Listed {
    pub name: String,
    /// The ways in which it can be run.
    pub variants: Vec<String>,
    #[serde(default)]
    pub measures_memory: bool,
    pub flops: Option<f64>,
    pub bytes: Option<f64>,
}

/// The answer to `run`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Repetition {
    /// Of one execution.
    pub seconds: f64,
    pub executions: u32,
    /// The most memory of a GPU that was held.
    pub peak_bytes: Option<u64>,
    /// What was in use of it, where that is known.
    pub used_bytes: Option<u64>,
}

/// The answer of `peak`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Peak {
    pub bytes: u64,
}

impl Program {
    /// Starts `command`, which is called `name` in messages.
    pub fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let output = child.stdout.take().expect("the output is piped");
        let requests = child.stdin.take();
        let (sender, answers) = channel();
        // Ends with the program's output, or when nobody listens any more.
        thread::spawn(move || {
            BufReader::new(output).lines().try_for_each(|line| sender.send(line))
        });
        Ok(Self { name, child, requests, answers, deadline: None, ended: false })
    }

    /// Has it stopped if it has not answered by then.
    pub fn until(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Whether it can answer no more.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Has it let go of what it holds.
    pub fn rest(&mut self) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Nothing {}
        self.ask("rest").map(|Nothing {}| ())
    }

    /// Its workloads.
    pub fn list(&mut self) -> anyhow::Result<Listing> {
        self.ask("list")
    }

    /// One repetition of a workload; the first one prepares it and takes longer to come back.
    pub fn run(&mut self, workload: &str, variant: &str) -> anyhow::Result<Repetition> {
        self.ask(&format!("run {workload} {variant}"))
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &str) -> anyhow::Result<T> {
        let doing = || format!("asking {} to `{request}`", self.name);
        let requests = self.requests.as_mut().expect("open until the program is dropped");
        if let Err(error) = writeln!(requests, "{request}") {
            self.ended = true;
            return Err(error).with_context(doing);
        }
        match self.answer() {
            Ok(answer) => parse(&answer.with_context(doing)?).with_context(doing),
            Err(RecvTimeoutError::Disconnected) => {
                self.ended = true;
                bail!("{} ended when asked to `{request}`; its message is above", self.name)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.ended = true;
                self.child.kill().with_context(doing)?;
                bail!("{} did not answer in time", self.name)
            }
        }
    }

    fn answer(&self) -> Result<io::Result<String>, RecvTimeoutError> {
        match self.deadline {
            None => self.answers.recv().map_err(RecvTimeoutError::from),
            Some(deadline) => {
                self.answers.recv_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        }
    }
}

impl Drop for Program {
    /// Without further requests it ends by itself.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Err(error) = self.child.wait() {
            eprintln!("waiting for {} to end: {error}", self.name);
        }
    }
}

/// What an answer says, which may be that something went wrong.
pub fn parse<T: DeserializeOwned>(answer: &str) -> anyhow::Result<T> {
    #[derive(Deserialize)]
    struct Failure {
        error: String,
    }
    if let Ok(Failure { error }) = serde_json::from_str(answer) {
        bail!(error);
    }
    serde_json::from_str(answer).with_context(|| format!("expected an answer, found {answer:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_errors_are_told_apart() {
        let repetition: Repetition = parse(r#"{"seconds": 0.5, "executions": 3}"#).unwrap();
        assert_eq!((repetition.seconds, repetition.executions), (0.5, 3));
        assert_eq!(parse::<Peak>(r#"{"bytes": 12}"#).unwrap().bytes, 12);
        let error = parse::<Repetition>(r#"{"error": "no memory"}"#).unwrap_err();
        assert_eq!(error.to_string(), "no memory");
        let error = parse::<Repetition>("Warning: x").unwrap_err().to_string();
        assert!(error.contains("found \"Warning: x\""), "{error}");
    }

    #[test]
    fn a_peer_lists_names_and_variants_alone() {
        let text = r#"{"version": "P 1", "threads": 2, "workloads": [
            {"name": "a/b", "variants": ["default", "channels_last"]}]}"#;
        let listing: Listing = parse(text).unwrap();
        assert_eq!((listing.version.as_str(), listing.threads), ("P 1", 2));
        assert_eq!(listing.workloads[0].variants, ["default", "channels_last"]);
        assert_eq!(listing.workloads[0].flops, None);
    }

    #[test]
    fn a_program_answers_until_it_ends() {
        let script = r#"read -r line; echo "{\"seconds\": 2, \"executions\": 1}""#;
        let mut program = Program::start("sh", Command::new("sh").args(["-c", script])).unwrap();
        let repetition = program.run("a", "default").unwrap();
        assert_eq!((repetition.seconds, repetition.executions), (2.0, 1));
        let error = format!("{:#}", program.run("a", "default").unwrap_err());
        assert!(
            error.contains("asked to `run a default`") || error.contains("asking sh"),
            "{error}"
        );
    }
}
