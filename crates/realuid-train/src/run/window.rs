use std::collections::BTreeMap;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::Record;
use crate::job::{Quantity, Turn};
use crate::{Error, Result};

/// Sums of what the steps since the last record reported, by turn and quantity.
///
/// What a step left on a GPU is added up there; [`Window::settle`] fetches the sums. They are the same
/// numbers whenever that happens.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window {
    turns: BTreeMap<String, Sums>,
    /// Sums that are further than those in `turns`, by turn and quantity: F64 scalars on a GPU.
    #[serde(skip)]
    pending: BTreeMap<(&'static str, &'static str), Tensor>,
}

/// By quantity: how many turns reported it, and the sum of what they did.
type Sums = BTreeMap<String, (u64, f64)>;

impl Window {
    /// Adds what one turn reported. Waits for nothing.
    pub fn add(&mut self, turn: &Turn) -> Result<()> {
        let sums = self.turns.entry(turn.kind.to_owned()).or_default();
        for (name, value) in &turn.values {
            let (count, sum) = sums.entry((*name).to_owned()).or_default();
            *count += 1;
            match value {
                Quantity::Known(value) => *sum += value,
                Quantity::OnDevice(value) => {
                    let key = (turn.kind, *name);
                    let further = match self.pending.get(&key) {
                        Some(pending) => (pending + value)?,
                        None => (Tensor::new(*sum, value.device())? + value)?,
                    };
                    self.pending.insert(key, further);
                }
            }
        }
        Ok(())
    }

    /// Fetches what is still on a GPU, for which it waits. Fails with the first sum that is not finite.
    pub fn settle(&mut self) -> Result<()> {
        for ((turn, name), pending) in std::mem::take(&mut self.pending) {
            let value = pending.to_scalar::<f64>()?;
            if !value.is_finite() {
                return Err(Error::not_finite(turn, name, value));
            }
            if let Some((_, sum)) = self.turns.get_mut(turn).and_then(|sums| sums.get_mut(name)) {
                *sum = value;
            }
        }
        Ok(())
    }

    /// One record of means for each turn that was taken, and an empty window from here on; it must be
    /// [settled](Self::settle).
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

/// Of settled windows, as they are saved.
impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        self.turns == other.turns
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn turn(kind: &'static str, values: &[(&'static str, f64)]) -> Turn {
        let known = |(name, value): &(&'static str, f64)| (*name, Quantity::Known(*value));
        Turn::new(kind, values.iter().map(known).collect())
    }

    /// The same with values that are left on a device.
    fn left_there(turn: &Turn) -> Turn {
        let there = |(name, value): &(_, Quantity)| {
            let Quantity::Known(value) = value else { panic!("{name} is known") };
            (*name, Quantity::OnDevice(Tensor::new(*value, &Device::Cpu).unwrap()))
        };
        Turn::new(turn.kind, turn.values.iter().map(there).collect())
    }

    #[test]
    fn records_hold_means_by_turn_and_survive_a_save() {
        let mut window = Window::default();
        window.add(&turn("fake", &[("loss", 0.1), ("gradient_norm", 3.0)])).unwrap();
        window.add(&turn("generator", &[("loss", -7.0)])).unwrap();
        let text = serde_json::to_string(&window).unwrap();
        let mut window: Window = serde_json::from_str(&text).unwrap();
        window.add(&turn("fake", &[("loss", 0.3), ("gradient_norm", 5.0)])).unwrap();
        // A turn need not report everything.
        window.add(&turn("fake", &[("gradient_norm", 1.0)])).unwrap();
        let records = window.flush(9);
        let found: Vec<_> =
            records.iter().map(|r| (r.step, r.kind.as_str(), r.values.clone())).collect();
        let fake =
            [("gradient_norm".to_owned(), 3.0), ("loss".to_owned(), f64::midpoint(0.1, 0.3))];
        let generator = [("loss".to_owned(), -7.0)];
        assert_eq!(found, [(9, "fake", fake.into()), (9, "generator", generator.into())]);
        assert!(window.flush(10).is_empty());
    }

    /// Sums of f64 depend on their order in the last bits, and a resumed run has the bytes of one that
    /// was not stopped.
    #[test]
    fn sums_on_a_device_are_the_same_bits_however_often_they_are_fetched() {
        let values: Vec<f64> = (1..9).map(|i| 1.0 / f64::from(i)).collect();
        let known: f64 = values.iter().fold(0.0, |sum, value| sum + value);
        for settle_after in 0..values.len() {
            let mut window = Window::default();
            for (i, value) in values.iter().enumerate() {
                window.add(&left_there(&turn("fake", &[("loss", *value)]))).unwrap();
                if i == settle_after {
                    window.settle().unwrap();
                }
            }
            window.settle().unwrap();
            assert_eq!(window.turns["fake"]["loss"], (8, known));
        }
    }

    #[test]
    fn what_is_not_finite_on_a_device_is_named_when_it_is_fetched() {
        let mut window = Window::default();
        window.add(&left_there(&turn("fake", &[("loss", f64::NAN)]))).unwrap();
        window.add(&left_there(&turn("fake", &[("loss", 1.0)]))).unwrap();
        let error = window.settle().unwrap_err();
        assert!(
            matches!(error, Error::NotFinite { turn: "fake", quantity: "loss", .. }),
            "{error}"
        );
    }
}
