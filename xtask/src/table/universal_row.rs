use serde::Serialize;

use super::spread::Spread;

/// A student in one evaluation may be this many times as far from the data as its teacher in 100.
const ALLOWED: f64 = 1.5;
/// A student must be this many times nearer to the data than it was before its first step.
const NEARER: f64 = 10.0;

/// Sliced Wasserstein distances to the data, of one framework on one data set with one seed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Distances {
    /// The teacher's, at 100 steps of its solver.
    pub teacher: f64,
    /// The generator's before its first step.
    pub start: f64,
    /// The student's that was distilled without data.
    pub uid: f64,
    /// The student's that was distilled with data.
    pub realuid: f64,
}

/// One framework on one data set, over seeds.
#[derive(Clone, Debug)]
pub struct Row {
    pub framework: String,
    pub data: String,
    pub teacher: Spread,
    pub start: Spread,
    pub uid: Spread,
    pub realuid: Spread,
}

pub const HEADER: [&str; 9] = [
    "framework",
    "data",
    "teacher, 100 steps",
    "start",
    "UID, 1 step",
    "RealUID, 1 step",
    "x teacher",
    "start / RealUID",
    "RealUID beats UID",
];

impl Row {
    pub fn new(framework: &str, data: &str, seeds: &[Distances]) -> Self {
        let spread =
            |of: fn(&Distances) -> f64| Spread::of(&seeds.iter().map(of).collect::<Vec<_>>());
        Self {
            framework: framework.to_owned(),
            data: data.to_owned(),
            teacher: spread(|d| d.teacher),
            start: spread(|d| d.start),
            uid: spread(|d| d.uid),
            realuid: spread(|d| d.realuid),
        }
    }

    pub fn cells(&self) -> [String; 9] {
        let Self { framework, data, teacher, start, uid, realuid } = self;
        [
            framework.clone(),
            data.clone(),
            teacher.to_string(),
            start.to_string(),
            uid.to_string(),
            realuid.to_string(),
            format!("{:.2}", self.of_teacher()),
            format!("{:.1}", self.nearer()),
            (if realuid.mean < uid.mean { "yes" } else { "no" }).to_owned(),
        ]
    }

    /// What is wrong with the RealUID student, if anything is.
    pub fn complaint(&self) -> Option<String> {
        let name = format!("{} on {}", self.framework, self.data);
        // Written so that a distance that is no number is wrong too.
        if !matches!(self.of_teacher().partial_cmp(&ALLOWED), Some(order) if order.is_le()) {
            let ratio = self.of_teacher();
            return Some(format!("{name}: {ratio:.2} times as far as the teacher"));
        }
        let nearer = self.nearer();
        (nearer < NEARER).then(|| format!("{name}: {nearer:.1} times nearer than at its start"))
    }

    fn of_teacher(&self) -> f64 {
        self.realuid.mean / self.teacher.mean
    }

    fn nearer(&self) -> f64 {
        self.start.mean / self.realuid.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(start: f64, realuid: f64) -> Row {
        let seeds = [0.09, 0.11].map(|teacher| Distances { teacher, start, uid: 0.12, realuid });
        Row::new("linear", "moons", &seeds)
    }

    #[test]
    fn a_row_tells_means_and_ratios() {
        let cells = row(1.3, 0.125).cells();
        assert_eq!(cells[2], "0.100 ± 0.014");
        assert_eq!(cells[6..], ["1.25", "10.4", "no"].map(str::to_owned));
        assert_eq!(row(1.3, 0.11).cells()[8], "yes");
    }

    #[test]
    fn a_student_too_far_off_is_named() {
        assert_eq!(row(1.3, 0.125).complaint(), None);
        assert!(row(1.3, 0.2).complaint().unwrap().contains("2.00 times as far"));
        assert!(row(0.9, 0.125).complaint().unwrap().contains("7.2 times nearer"));
        assert!(row(1.3, f64::NAN).complaint().is_some());
    }
}
