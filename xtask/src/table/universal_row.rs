use serde::Serialize;

use super::spread::Spread;

/// A student in one evaluation may be this many times as far from the data as its teacher in 100.
const ALLOWED: f64 = 1.5;
/// A student's energy distance to the data must be this many times smaller than an untrained one's.
const NEARER: f64 = 10.0;

/// What was measured of one framework on one data set with one seed.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The teacher, at 100 steps of its solver.
    pub teacher: Distances,
    /// A generator with fresh weights.
    pub untrained: Distances,
    /// The student that was distilled without data.
    pub uid: Distances,
    /// The student that was distilled with data.
    pub realuid: Distances,
}

/// Distances of a model's samples to the data.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Distances {
    pub sliced_wasserstein: f64,
    /// Of the kind of a squared distance.
    pub energy: f64,
}

/// One framework on one data set, over seeds.
#[derive(Clone, Debug)]
pub struct Row {
    pub framework: String,
    pub data: String,
    pub teacher: Spread,
    pub untrained: Spread,
    pub uid: Spread,
    pub realuid: Spread,
    /// Mean energy distances, the untrained one's over RealUID's.
    pub nearer: f64,
}

pub const HEADER: [&str; 9] = [
    "framework",
    "data",
    "teacher, 100 steps",
    "untrained",
    "UID, 1 step",
    "RealUID, 1 step",
    "x teacher",
    "energy, untrained / RealUID",
    "RealUID beats UID",
];

impl Row {
    pub fn new(framework: &str, data: &str, seeds: &[Measured]) -> Self {
        let spread =
            |of: &dyn Fn(&Measured) -> f64| Spread::of(&seeds.iter().map(of).collect::<Vec<_>>());
        let energy = |of: fn(&Measured) -> Distances| spread(&|seed| of(seed).energy).mean;
        Self {
            framework: framework.to_owned(),
            data: data.to_owned(),
            teacher: spread(&|seed| seed.teacher.sliced_wasserstein),
            untrained: spread(&|seed| seed.untrained.sliced_wasserstein),
            uid: spread(&|seed| seed.uid.sliced_wasserstein),
            realuid: spread(&|seed| seed.realuid.sliced_wasserstein),
            nearer: energy(|seed| seed.untrained) / energy(|seed| seed.realuid),
        }
    }

    pub fn cells(&self) -> [String; 9] {
        let Self { framework, data, teacher, untrained, uid, realuid, nearer } = self;
        [
            framework.clone(),
            data.clone(),
            teacher.to_string(),
            untrained.to_string(),
            uid.to_string(),
            realuid.to_string(),
            format!("{:.2}", self.of_teacher()),
            format!("{nearer:.0}"),
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
        let nearer = self.nearer;
        (nearer < NEARER)
            .then(|| format!("{name}: {nearer:.1} times nearer than untrained, by energy"))
    }

    fn of_teacher(&self) -> f64 {
        self.realuid.mean / self.teacher.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(untrained: f64, realuid: f64) -> Row {
        let at =
            |distance: f64| Distances { sliced_wasserstein: distance, energy: distance.powi(2) };
        let seeds = [0.09, 0.11].map(|teacher| Measured {
            teacher: at(teacher),
            untrained: at(untrained),
            uid: at(0.12),
            realuid: at(realuid),
        });
        Row::new("linear", "moons", &seeds)
    }

    #[test]
    fn a_row_tells_means_and_ratios() {
        let cells = row(0.5, 0.125).cells();
        assert_eq!(cells[2], "0.100 ± 0.014");
        assert_eq!(cells[6..], ["1.25", "16", "no"].map(str::to_owned));
        assert_eq!(row(0.5, 0.11).cells()[8], "yes");
    }

    #[test]
    fn a_student_too_far_off_is_named() {
        assert_eq!(row(0.5, 0.125).complaint(), None);
        assert!(row(0.5, 0.2).complaint().unwrap().contains("2.00 times as far"));
        assert!(row(0.25, 0.125).complaint().unwrap().contains("4.0 times nearer"));
        assert!(row(0.5, f64::NAN).complaint().is_some());
    }
}
