//! To which classes of the data samples belong.

use candle_core::{DType, Tensor};
use realuid_metrics::{mode_weights, total_variation};
use serde::Serialize;

use crate::{Error, Result};

/// To which classes of the data samples belong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassShares {
    /// Share of the samples whose nearest example is of each class; they add up to 1.
    pub samples: Vec<f64>,
    /// Share of the examples in each class.
    pub data: Vec<f64>,
    /// Total variation of the two, in [0, 1].
    pub total_variation: f64,
    /// Share of the samples within a radius of the mean of a class, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_class_means: Option<f64>,
}

/// The classes of examples that samples are compared with.
pub struct ClassedExamples {
    /// Features of the examples, `[N, D]`.
    pub features: Tensor,
    /// Their classes, `[N]` of u32.
    pub classes: Tensor,
}

impl ClassedExamples {
    /// Shares of samples with the features `samples` `[M, D]`, Euclidean distances; `radius` is in
    /// units of the features.
    ///
    /// Errors: a class without examples, of which nothing can be near; samples of another dimension; a
    /// radius that is not positive.
    pub fn shares(&self, samples: &Tensor, radius: Option<f64>) -> Result<ClassShares> {
        let classes = self.classes.to_vec1::<u32>()?;
        let count = classes.iter().max().map_or(0, |last| *last as usize + 1);
        // Any radius will do: only the nearest examples are asked for.
        let nearest = mode_weights(samples, &self.features, 1.0)?.weights;
        let even = vec![1.0 / classes.len() as f64; classes.len()];
        let (samples_share, data) =
            (by_class(&classes, &nearest, count), by_class(&classes, &even, count));
        let near = radius.map(|radius| {
            let means = self.class_means(&classes, count)?;
            Ok::<_, Error>(mode_weights(samples, &means, radius)?.on_modes)
        });
        Ok(ClassShares {
            total_variation: total_variation(&samples_share, &data)?,
            samples: samples_share,
            data,
            near_class_means: near.transpose()?,
        })
    }

    fn class_means(&self, classes: &[u32], count: usize) -> Result<Tensor> {
        let features = self.features.to_dtype(DType::F64)?;
        let means = (0..count as u32).map(|class| {
            let members: Vec<u32> =
                (0..classes.len() as u32).filter(|i| classes[*i as usize] == class).collect();
            if members.is_empty() {
                return Err(Error::Mismatch {
                    what: "classes of the data",
                    expected: "an example of every class".into(),
                    found: format!("none of class {class}"),
                    advice: "compare with more examples, or with data that have every class".into(),
                });
            }
            let members = Tensor::new(members, features.device())?;
            Ok(features.index_select(&members, 0)?.mean(0)?)
        });
        Ok(Tensor::stack(&means.collect::<Result<Vec<_>>>()?, 0)?)
    }
}

/// The sum of the values of each class.
fn by_class(classes: &[u32], values: &[f64], count: usize) -> Vec<f64> {
    let mut sums = vec![0.0; count];
    for (class, value) in classes.iter().zip(values) {
        sums[*class as usize] += value;
    }
    sums
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn examples(classes: &[u32]) -> ClassedExamples {
        let device = Device::Cpu;
        let features = [[0.0_f32, 0.0], [0.0, 2.0], [10.0, 0.0], [12.0, 0.0]];
        ClassedExamples {
            features: Tensor::new(&features, &device).unwrap(),
            classes: Tensor::new(classes, &device).unwrap(),
        }
    }

    #[test]
    fn samples_belong_to_the_class_of_the_nearest_example() {
        let points = [[0.1_f32, 1.9], [11.0, 0.5], [9.0, 1.0], [13.5, 0.0], [0.0, -3.0]];
        let samples = Tensor::new(&points, &Device::Cpu).unwrap();
        let shares = examples(&[0, 0, 1, 2]).shares(&samples, Some(1.5)).unwrap();
        assert_eq!(shares.samples, [0.4, 0.4, 0.2]);
        assert_eq!(shares.data, [0.5, 0.25, 0.25]);
        // (0.1 + 0.15 + 0.05) / 2
        assert!((shares.total_variation - 0.15).abs() < 1e-12);
        // Means (0, 1), (10, 0), (12, 0): all but the last sample are within 1.5.
        assert_eq!(shares.near_class_means, Some(0.8));
    }

    #[test]
    fn a_class_without_examples_has_no_mean() {
        let samples = Tensor::new(&[[0.0_f32, 0.0]], &Device::Cpu).unwrap();
        let shares = examples(&[0, 0, 2, 2]).shares(&samples, None).unwrap();
        assert_eq!(shares.data, [0.5, 0.0, 0.5]);
        let error = examples(&[0, 0, 2, 2]).shares(&samples, Some(1.0)).unwrap_err().to_string();
        assert!(error.contains("none of class 1"), "{error}");
    }
}
