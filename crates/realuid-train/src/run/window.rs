use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Record;

/// Sums of what the steps since the last record reported, by turn and quantity.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window {
    turns: BTreeMap<String, Turn>,
}

/// By quantity: how many turns reported it, and the sum of what they did.
type Turn = BTreeMap<String, (u64, f64)>;

impl Window {
    /// Adds what one turn reported.
    pub fn add<'a>(&mut self, turn: &str, values: impl IntoIterator<Item = (&'a str, f64)>) {
        let turn = self.turns.entry(turn.to_owned()).or_default();
        for (name, value) in values {
            let (count, sum) = turn.entry(name.to_owned()).or_default();
            *count += 1;
            *sum += value;
        }
    }

    /// One record of means for each turn that was taken, and an empty window from here on.
    pub fn flush(&mut self, step: u64) -> Vec<Record> {
        std::mem::take(&mut self.turns)
            .into_iter()
            .map(|(kind, turn)| {
                let mean = |(name, (count, sum)): (String, (u64, f64))| (name, sum / count as f64);
                Record { step, kind, values: turn.into_iter().map(mean).collect() }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_hold_means_by_turn_and_survive_a_save() {
        let mut window = Window::default();
        window.add("fake", [("loss", 0.1), ("gradient_norm", 3.0)]);
        window.add("generator", [("loss", -7.0)]);
        let text = serde_json::to_string(&window).unwrap();
        let mut window: Window = serde_json::from_str(&text).unwrap();
        window.add("fake", [("loss", 0.3), ("gradient_norm", 5.0)]);
        window.add("fake", [("gradient_norm", 1.0)]); // a turn need not report everything
        let records = window.flush(9);
        let found: Vec<_> =
            records.iter().map(|r| (r.step, r.kind.as_str(), r.values.clone())).collect();
        let fake =
            [("gradient_norm".to_owned(), 3.0), ("loss".to_owned(), f64::midpoint(0.1, 0.3))];
        let generator = [("loss".to_owned(), -7.0)];
        assert_eq!(found, [(9, "fake", fake.into()), (9, "generator", generator.into())]);
        assert!(window.flush(10).is_empty());
    }
}
