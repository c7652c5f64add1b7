//! Whether the device computes what it should: three commands of our program, a line a comparison.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Instant;

use anyhow::Context;

use super::results::{Check, Verdict};

/// Runs `command` until the `deadline`, and tells `on_check` of every comparison that it prints. Ends with
/// a failed check where the program ends otherwise than it should.
pub fn run(part: &str, mut command: Command, deadline: Instant, mut on_check: impl FnMut(Check)) {
    let mut failed = 0;
    let outcome = lines(&mut command, deadline, |line| {
        if let Some(check) = parse(part, line) {
            failed += usize::from(check.outcome == Verdict::Failed);
            on_check(check);
        }
    });
    let detail = match outcome {
        Ok(true) => return,
        // It says so where a comparison has failed.
        Ok(false) if failed > 0 => return,
        Ok(false) => "ended without success, though no comparison failed; see above".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    let (part, name) = (part.to_owned(), "to the end".to_owned());
    on_check(Check { part, name, outcome: Verdict::Failed, detail });
}

/// Every line that `command` writes; returns whether it succeeded.
fn lines(
    command: &mut Command,
    deadline: Instant,
    on_line: impl FnMut(&str),
) -> anyhow::Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("starting it")?;
    let output = child.stdout.take().expect("the output is piped");
    let (sender, receiver) = channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more after the deadline.
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let read = read(&receiver, deadline, &mut child, on_line);
    // Without its child the reader has come to the end.
    let _ = reader.join();
    read?;
    Ok(child.wait().context("waiting for its end")?.success())
}

fn read(
    lines: &Receiver<String>,
    deadline: Instant,
    child: &mut Child,
    mut on_line: impl FnMut(&str),
) -> anyhow::Result<()> {
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => on_line(&line),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => {
                child.kill().context("stopping it")?;
                child.wait().context("waiting for its end")?;
                anyhow::bail!("was stopped at the end of its time; what follows was not compared");
            }
        }
    }
}

/// `ok NAME ..`, `FAILED NAME ..` and `skip NAME ..`; other lines are not about comparisons.
fn parse(part: &str, line: &str) -> Option<Check> {
    let (word, rest) = line.split_once(' ')?;
    let outcome = match word {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed,
        "skip" => Verdict::Skipped,
        _ => return None,
    };
    let (name, detail) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(Check { part: part.into(), name: name.into(), outcome, detail: detail.into() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn checks(script: &str, time: Duration) -> Vec<(String, Verdict)> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut found = Vec::new();
        run("part", command, Instant::now() + time, |check| {
            found.push((check.name, check.outcome));
        });
        found
    }

    #[test]
    fn lines_become_checks() {
        let script =
            "echo ok a max_rel_err 1e-7; echo FAILED b 0.5; echo skip c why; echo 1 passed; exit 1";
        let expected = [("a", Verdict::Passed), ("b", Verdict::Failed), ("c", Verdict::Skipped)];
        let expected = expected.map(|(name, outcome)| (name.to_owned(), outcome));
        assert_eq!(checks(script, Duration::from_secs(60)), expected);
    }

    #[test]
    fn what_does_not_come_to_its_end_has_failed() {
        let end = ("to the end".to_owned(), Verdict::Failed);
        let found = checks("echo ok a 1; exec sleep 60", Duration::from_millis(300));
        assert_eq!(found, [("a".to_owned(), Verdict::Passed), end.clone()]);
        assert!(checks("exit 3", Duration::from_secs(60)) == [end]);
    }
}
