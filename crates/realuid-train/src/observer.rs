//! What happens in a run, for those who look at it.

use std::path::{Path, PathBuf};

use crate::job::Turn;
use crate::run::Record;

/// Something that happened in a run.
#[derive(Debug)]
pub enum Event<'a> {
    /// The loop begins, or goes on, after `step` of `total` steps.
    Started {
        /// Steps done.
        step: u64,
        /// Steps in all.
        total: u64,
    },
    /// A step was taken.
    Stepped {
        /// Steps done.
        step: u64,
        /// What it did.
        turn: &'a Turn,
    },
    /// Something about a step that a person should know.
    Noted {
        /// A sentence.
        note: &'a str,
    },
    /// What the run has needed so far was looked up, after records were added to the log.
    Measured {
        /// The most memory it has held at once, in bytes: of the process, or on a GPU that of tensors.
        peak_bytes: u64,
    },
    /// A record was added to the log.
    Recorded {
        /// The record.
        record: &'a Record,
    },
    /// A picture of samples was written.
    Drew {
        /// The file.
        path: &'a Path,
    },
    /// A checkpoint was written.
    Saved {
        /// Its folder.
        path: &'a Path,
    },
    /// All steps are done.
    Finished {
        /// The run's page.
        report: PathBuf,
    },
}

/// Looks at a run without changing it.
pub trait Observer {
    /// Called when `event` has happened.
    fn on(&mut self, event: &Event);
}

/// An observer that looks away.
impl Observer for () {
    fn on(&mut self, _: &Event) {}
}
