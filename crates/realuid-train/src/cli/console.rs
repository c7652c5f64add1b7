use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};

use crate::observer::{Event, Observer};
use crate::run::Record;

/// Tells a person how a run goes: a bar with rate and time left on a terminal, plain lines elsewhere.
pub struct Console {
    bar: Option<ProgressBar>,
    /// Said last of the memory.
    memory: String,
}

impl Console {
    /// A console for what standard error is.
    pub fn new() -> Self {
        let style = "{bar:30} {pos}/{len} {per_sec} {eta} left  {msg}";
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template(style).expect("a constant template");
            ProgressBar::no_length().with_style(style)
        });
        Self { bar, memory: String::new() }
    }

    /// Says how much memory there was at most, where that has changed.
    fn say_memory(&mut self, peak_bytes: u64) {
        let memory = format!("peak memory {:.2} GiB", peak_bytes as f64 / f64::from(1 << 30));
        if memory != self.memory {
            self.line(&memory);
            self.memory = memory;
        }
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => say(text),
        }
    }
}

/// Writes a line to standard error. A reader that has gone away must not end a run, so a failure to
/// write is nobody's concern.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

impl Observer for Console {
    fn on(&mut self, event: &Event) {
        match event {
            Event::Started { step, total } => {
                if let Some(bar) = &self.bar {
                    bar.set_length(*total);
                    bar.set_position(*step);
                    bar.reset_eta();
                } else {
                    self.line(&format!("step {step} of {total}"));
                }
            }
            Event::Stepped { step, turn } => {
                if let Some(bar) = &self.bar {
                    bar.set_position(*step);
                    // On a GPU it is not known yet: the records tell.
                    if let Some(loss) = turn.value("loss") {
                        bar.set_message(format!("{} loss {loss:.4}", turn.kind));
                    }
                }
            }
            Event::Noted { note } => self.line(note),
            Event::Measured { peak_bytes } => self.say_memory(*peak_bytes),
            Event::Recorded { record } => self.line(&describe(record)),
            Event::Drew { .. } => {}
            Event::Saved { path } => self.line(&format!("saved {}", path.display())),
            Event::Finished { report } => {
                if let Some(bar) = &self.bar {
                    bar.finish_and_clear();
                }
                self.line(&format!("report {}", report.display()));
            }
        }
    }
}

fn describe(record: &Record) -> String {
    let values: Vec<String> =
        record.values.iter().map(|(name, v)| format!("{name} {v:.5}")).collect();
    format!("step {} {} {}", record.step, record.kind, values.join(" "))
}
