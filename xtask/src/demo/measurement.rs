//! What `realuid evaluate --json` says of a model, and whether a student is good enough.

use anyhow::bail;
use serde::Deserialize;

/// A student may be this many times as far from the data as its teacher.
const ALLOWED: f64 = 3.0;

/// One model, measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    pub title: &'static str,
    pub values: Values,
}

/// The fields of `realuid evaluate --json` that the demo shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Values {
    /// Network evaluations for each sample.
    pub evaluations: usize,
    pub sliced_wasserstein: f64,
    pub frechet: f64,
    pub seconds_per_1000: f64,
}

/// The distance by which students are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    Frechet,
    SlicedWasserstein,
}

impl Measurement {
    pub fn parse(title: &'static str, json: &str) -> serde_json::Result<Self> {
        Ok(Self { title, values: serde_json::from_str(json)? })
    }
}

impl Judge {
    pub fn name(self) -> &'static str {
        match self {
            Self::Frechet => "Frechet distance",
            Self::SlicedWasserstein => "sliced Wasserstein distance",
        }
    }

    /// The student's distance in multiples of the teacher's.
    pub fn ratio(self, teacher: &Measurement, student: &Measurement) -> f64 {
        self.distance(student) / self.distance(teacher)
    }

    /// Says that every student is good enough, or fails naming those that are not.
    pub fn verdict(self, teacher: &Measurement, students: &[Measurement]) -> anyhow::Result<()> {
        let name = self.name();
        // Written so that a ratio that is no number fails too.
        let good = |student: &&Measurement| self.ratio(teacher, student) <= ALLOWED;
        let bad: Vec<String> = students
            .iter()
            .filter(|student| !good(student))
            .map(|student| {
                format!("{} is {:.2} times", student.title, self.ratio(teacher, student))
            })
            .collect();
        if !bad.is_empty() {
            bail!(
                "by {name}, {} as far from the data as the teacher, and {ALLOWED} times are allowed; \
                 the curves in the report show whether the distillation diverged or stopped too early",
                bad.join(", ")
            );
        }
        println!("Every student is within {ALLOWED} times the teacher's {name}.");
        Ok(())
    }

    fn distance(self, measurement: &Measurement) -> f64 {
        match self {
            Self::Frechet => measurement.values.frechet,
            Self::SlicedWasserstein => measurement.values.sliced_wasserstein,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(title: &'static str, frechet: f64) -> Measurement {
        let json = format!(
            r#"{{"model":"m","evaluations":1,"seconds_per_1000":0.5,"frechet":{frechet:?},
               "sliced_wasserstein":1.0,"kid":0.0}}"#
        );
        Measurement::parse(title, &json).unwrap()
    }

    #[test]
    fn a_student_beyond_three_times_the_teacher_fails_by_name() {
        let teacher = measured("Teacher", 2.0);
        let students = [measured("UID", 6.5), measured("RealUID", 5.9)];
        let error = Judge::Frechet.verdict(&teacher, &students).unwrap_err().to_string();
        assert!(error.contains("UID is 3.25 times as far"), "{error}");
        assert!(!error.contains("RealUID"), "{error}");
        Judge::SlicedWasserstein.verdict(&teacher, &students).unwrap();
    }

    #[test]
    fn a_distance_that_is_no_number_is_not_good_enough() {
        let mut student = measured("UID", 1.0);
        student.values.frechet = f64::NAN;
        assert!(Judge::Frechet.verdict(&measured("Teacher", 1.0), &[student]).is_err());
    }
}
