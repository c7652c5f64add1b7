use super::realuid::{Classes, Evaluation};
use super::spread::Spread;

/// One model of one seed beside the teacher of that seed.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    pub teacher: &'a Evaluation,
    pub model: &'a Evaluation,
}

/// A model over seeds: its shares of the watched classes beside what the law says of them.
#[derive(Clone, Debug)]
pub struct Row {
    name: &'static str,
    shares: Vec<(Spread, Option<Spread>)>,
    variation: (Spread, Option<Spread>),
    on_modes: Spread,
}

impl Row {
    /// `law` is the share c of the gap from teacher to data that the model is to close, where there is
    /// a law: p~ + c (q - p~), with p~ what the teacher's own samples are.
    pub fn new(
        name: &'static str,
        law: Option<f64>,
        watched: &[usize],
        seeds: &[Measured],
    ) -> Option<Self> {
        let pairs: Vec<(&Classes, &Classes)> = seeds
            .iter()
            .map(|seed| Some((seed.teacher.classes.as_ref()?, seed.model.classes.as_ref()?)))
            .collect::<Option<_>>()?;
        let spread = |of: &dyn Fn(&(&Classes, &Classes)) -> f64| {
            Spread::of(&pairs.iter().map(of).collect::<Vec<_>>())
        };
        let share = |class: usize| {
            let expected = law.map(|c| spread(&|(teacher, _)| teacher.corrected(class, c)));
            (spread(&|(_, model)| model.samples[class]), expected)
        };
        let expected = law.map(|c| spread(&|(teacher, _)| (1.0 - c) * teacher.total_variation));
        let on_modes = |seed: &Measured| {
            let near = seed.model.classes.as_ref().and_then(|classes| classes.near_class_means);
            near.unwrap_or(seed.model.precision)
        };
        Some(Self {
            name,
            shares: watched.iter().map(|class| share(*class)).collect(),
            variation: (spread(&|(_, model)| model.total_variation), expected),
            on_modes: Spread::of(&seeds.iter().map(on_modes).collect::<Vec<_>>()),
        })
    }

    /// Name, shares and laws, total variation and its law, share on the modes.
    pub fn cells(&self) -> Vec<String> {
        let law = |law: &Option<Spread>| law.map_or("-".into(), |law| format!("{:.3}", law.mean));
        let mut cells = vec![self.name.to_owned()];
        for (measured, expected) in self.shares.iter().chain([&self.variation]) {
            cells.extend([measured.to_string(), law(expected)]);
        }
        cells.push(self.on_modes.to_string());
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(samples: [f64; 2]) -> Evaluation {
        let total_variation = (samples[0] - 0.5).abs();
        let classes = Classes {
            samples: samples.to_vec(),
            data: vec![0.5, 0.5],
            total_variation,
            near_class_means: Some(0.9),
        };
        Evaluation {
            sliced_wasserstein: 0.1,
            energy_distance: 0.0,
            precision: 0.8,
            classes: Some(classes),
        }
    }

    #[test]
    fn the_law_goes_from_the_teacher_to_the_data() {
        let (teacher, model) = (evaluation([0.3, 0.7]), evaluation([0.41, 0.59]));
        let measured = [Measured { teacher: &teacher, model: &model }];
        let row = Row::new("correction", Some(0.5), &[0], &measured).unwrap();
        let expected =
            ["correction", "0.410 ± 0.000", "0.400", "0.090 ± 0.000", "0.100", "0.900 ± 0.000"];
        assert_eq!(row.cells(), expected);
        let row = Row::new("realuid", None, &[1], &measured).unwrap();
        assert_eq!(row.cells()[1..3], ["0.590 ± 0.000", "-"]);
    }
}
