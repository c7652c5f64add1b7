use std::fmt;

/// What came of every fixture that was run; printed as the numbers of passed, failed and skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// In the order of their names.
    pub lines: Vec<Line>,
}

/// What came of one fixture; printed as one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The fixture's folder below the root, with `/` between its parts.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// Why it was computed elsewhere than the others.
    pub note: Option<&'static str>,
}

/// What can come of a fixture.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Everything that is implemented is as close as it must be.
    Passed {
        /// The largest relative error of all quantities compared.
        worst: f64,
        /// Parts of the fixture that are not implemented.
        omitted: Vec<String>,
    },
    /// A quantity is off, or the fixture could not be run: which one and by how much, or why.
    Failed(String),
    /// Nothing in it is implemented: what is missing.
    Skipped(String),
}

impl Report {
    /// Fixtures that passed.
    pub fn passed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Passed { .. }))
    }

    /// Fixtures that failed.
    pub fn failed(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// Fixtures of which nothing is implemented.
    pub fn skipped(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Skipped(_)))
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.lines.iter().filter(|line| is(&line.verdict)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.passed(), self.failed(), self.skipped());
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, verdict, note } = self;
        write_verdict(f, name, verdict)?;
        note.map_or(Ok(()), |note| write!(f, " ({note})"))
    }
}

fn write_verdict(f: &mut fmt::Formatter<'_>, name: &str, verdict: &Verdict) -> fmt::Result {
    match verdict {
        Verdict::Passed { worst, omitted } if omitted.is_empty() => {
            write!(f, "ok {name} max_rel_err {worst:.1e}")
        }
        Verdict::Passed { worst, omitted } => {
            let omitted = omitted.join(", ");
            write!(f, "ok {name} max_rel_err {worst:.1e} ({omitted} skipped: not implemented)")
        }
        // Some errors list tensors one a line; a fixture keeps to its own line.
        Verdict::Failed(reason) => write!(f, "FAILED {name} {}", reason.replace('\n', "; ")),
        Verdict::Skipped(reason) => write!(f, "skip {name} {reason}"),
    }
}
