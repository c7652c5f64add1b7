use std::fmt;

/// Something out of order: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    path: String,
    line: usize,
    problem: String,
    advice: String,
}

impl Violation {
    /// Lines count from 1; what concerns a file as a whole is put at line 1.
    pub fn new(
        path: impl Into<String>,
        line: usize,
        problem: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { path: path.into(), line, problem: problem.into(), advice: advice.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.problem, self.advice)
    }
}
